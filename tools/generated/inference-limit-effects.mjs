/** What happens above the limits of requests for answers, jobs and webhooks; as {@link limitEffects}. */
export const inferenceLimitEffects = {
  INFERENCE_QUEUE_MAX: '`queue-full`',
  INFERENCE_TIMEOUT_DEFAULT_MS: '`timeout`',
  INFER_MESSAGE_BYTES_MAX: 'gRPC status `RESOURCE_EXHAUSTED`.',
  INFER_BODY_BYTES_MAX:
    'Where the model needs no more, or is not known: `body-too-large`. What a model needs stands on its page.',
  INFER_BODY_BYTES_CEILING: '`body-too-large`, whatever the model declares.',
  BODY_BYTES_IN_FLIGHT_DEFAULT_MAX: '`queue-full`, before the body is read on.',
  JOB_BODY_BYTES_MAX: '`body-too-large`',
  INFER_INPUT_BYTES_MAX: 'The command ends with exit code 4.',
  INPUT_ELEMENTS_MAX: '`model-invalid`',
  CALLBACKS_AT_ONCE_MAX: 'The rest is delivered right afterwards.',
  CALLBACK_FAILURE_CHARACTERS_MAX: 'The reason is cut.',
  CALLBACK_TRIES_MAX_MS: 'The webhook is given up.',
  CALLBACK_URL_CHARACTERS_MAX: '`validation-failed`',
  JOBS_DROPPED_AT_ONCE_MAX: 'The rest goes right afterwards.',
  JOBS_WAITING_DEFAULT_MAX: '`queue-full`',
  JOB_AGE_MAX_MS: 'The job has failed with its newest problem.',
  JOB_STRIKES_MAX: 'The job has failed, and nothing was charged.',
  JOB_WAIT_MAX_MS: 'The job has failed with `timeout`, and nothing was charged.',
  WEBHOOK_HEAD_BYTES_MAX: 'The attempt has failed, and is made again.',
  WEBHOOK_TIMEOUT_MS: 'The attempt has failed, and is made again.',
};
