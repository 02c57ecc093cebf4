import { AppError } from '@touchstone/contracts';

/** The error of a signature that was made and did not verify; it is never released. */
export function faultySignature(): AppError {
  return new AppError(
    'internal',
    'A new signature did not verify and was discarded. Check that the private key is unchanged and the machine sound.',
  );
}
