/** What happens above the limits of payments; as {@link limitEffects}. */
export const paymentLimitEffects = {
  CLAIM_SIGNATURE_BYTES_MAX: '`payment-malformed`',
  FOLLOWED_ROWS_MAX: 'The rest waits for the next run.',
  TRANSFER_AGE_DEFAULT_MAX_SECONDS: '`payment-invalid`, `VERIFICATION_ERROR`',
  SIGNED_HEADER_CHARACTERS_MAX: '`payment-malformed`; of a lookup `validation-failed`',
  PAYER_LOOKUP_SECONDS_MAX: '`signature-invalid`',
  CONTRACT_PAYMENTS_PER_MINUTE_MAX: '`rate-limited`',
  OWED_ROWS_MAX: 'The rest waits for the next run.',
  RECOVERY_ROWS_MAX: 'The rest waits for the next run.',
  OTHER_REQUESTS_MAX:
    '`rate-limited`; an answer that was given out once is not given out again from this number on.',
};
