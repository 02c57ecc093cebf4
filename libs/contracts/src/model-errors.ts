/** The codes about models and what they are asked of the registry. */
export const modelErrors = {
  'image-invalid': {
    status: 422,
    retryable: false,
    title: 'The picture cannot be taken.',
    action:
      'Send one PNG, JPEG or WebP in RGB or grey, whole and not animated; docs/reference/limits.md states how large.',
  },
  'inference-failed': {
    status: 500,
    retryable: true,
    title: 'The model could not be run.',
    action: 'Repeat the request; when it stays, the operator finds the cause by the trace id.',
  },
  'model-invalid': {
    status: 422,
    retryable: false,
    title: 'The model file or its manifest is invalid.',
    action: 'Correct the model file or its manifest at the place that the message names.',
  },
  'model-not-active': {
    status: 409,
    retryable: false,
    title: 'The model does not take requests.',
    action: 'Choose an active model; the list of models states each status.',
  },
  'not-provable': {
    status: 409,
    retryable: false,
    title: 'No proof of this answer can be made.',
    action:
      'Ask a model version whose page shows `circuit.proofs`; GET /v1/verifications/{id}/proof says what is missing.',
  },
  'tensor-invalid': {
    status: 422,
    retryable: false,
    title: 'A tensor does not fit the model.',
    action: 'Correct the tensor at the place that the pointer names; the model states its tensors.',
  },
  'text-invalid': {
    status: 422,
    retryable: false,
    title: 'The text cannot be tokenised for this model.',
    action: 'Send text within the limits that the model states.',
  },
  'unknown-model': {
    status: 404,
    retryable: false,
    title: 'There is no such model.',
    action: 'Take a model id from the list of models.',
  },
} as const;
