/** The codes about payments of the registry. */
export const paymentErrors = {
  'payment-bound-to-other-request': {
    status: 409,
    retryable: false,
    title: 'The payment belongs to another request.',
    action: 'Sign a new payment for this request.',
  },
  'payment-in-flight': {
    status: 409,
    retryable: true,
    title: 'The same payment is being processed.',
    action: 'Repeat the same request with the same payment after Retry-After.',
  },
  'payment-invalid': {
    status: 402,
    retryable: false,
    title: 'The payment was refused.',
    action: 'Read the reason; sign a new payment that meets the requirements.',
  },
  'payment-malformed': {
    status: 400,
    retryable: false,
    title: 'The payment header cannot be read.',
    action: 'Send the header as the x402 protocol defines it.',
  },
  'payment-required': {
    status: 402,
    retryable: false,
    title: 'The request needs a payment.',
    action: 'Pay what the requirements in the answer ask for and repeat the request.',
  },
  'settlement-pending': {
    status: 202,
    retryable: true,
    title: 'The payment may have been sent and is not confirmed yet.',
    action: 'Repeat the same request with the same payment; do not sign another one.',
  },
} as const;
