import { AppError } from '@touchstone/contracts';
import { SIGNED_DEADLINE_SECONDS_MAX } from '@touchstone/contracts/http/market';
import { bytesToHex } from '@touchstone/crypto';
import { signerOf, typedDataDigest, type TypedData } from './typed-data.js';

/**
 * Requires that a developer signed typed data.
 *
 * @returns the digest that was signed, lower-case hex
 * @throws AppError `signature-invalid`
 */
export function requireSigned(
  data: TypedData,
  { developer, signature }: { readonly developer: string; readonly signature: string },
): string {
  const digest = typedDataDigest(data);
  const signer = signerOf(digest, signature);
  if (signer === developer) return bytesToHex(digest);
  throw refused(
    signer === undefined
      ? 'no key of an account made it'
      : `by what was sent it is of ${signer}, not of ${developer}`,
    '/signature',
  );
}

/** Requires that a deadline is not over, and at most a day ahead. @throws AppError `signature-invalid` */
export function requireInTime(deadline: number, nowMs: number): void {
  const nowSeconds = Math.floor(nowMs / 1_000);
  if (deadline < nowSeconds) throw refused(`its deadline ${deadline} is over`, '/deadline');
  if (deadline > nowSeconds + SIGNED_DEADLINE_SECONDS_MAX)
    throw refused(
      `its deadline ${deadline} is more than ${SIGNED_DEADLINE_SECONDS_MAX} seconds ahead`,
      '/deadline',
    );
}

function refused(detail: string, pointer: string): AppError {
  return new AppError('signature-invalid', `The signature of the developer does not count: ${detail}.`, {
    details: [{ pointer, detail }],
  });
}
