/** What happens above the limits of direct transfers; as {@link limitEffects}. */
export const transferLimitEffects = {
  CLAIM_SIGNATURE_BYTES_MAX: '`payment-malformed`',
  FOLLOWED_ROWS_MAX: 'The rest waits for the next run.',
  TRANSFER_AGE_DEFAULT_MAX_SECONDS: '`payment-invalid`, `VERIFICATION_ERROR`',
  TRANSFER_HEADER_CHARACTERS_MAX: '`payment-malformed`',
};
