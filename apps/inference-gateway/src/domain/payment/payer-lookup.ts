import { AppError } from '@touchstone/contracts';
import {
  PAYER_LOOKUP_SECONDS_MAX,
  payerLookupTypes,
  type SignedPayerLookup,
} from '@touchstone/contracts/transfer';
import type { Verification } from '../inference/verification.js';
import { signerOf, typedDataDigest } from '../market/typed-data.js';

/**
 * Those of the verifications of a transaction that somebody paid for who signed for this lookup with the key that paid. A lookup that
 * somebody else brings again while it is good shows him what the payer may see, and changes nothing.
 *
 * @param txHash 64 hex characters
 * @throws AppError `signature-invalid`
 */
export function paidByWhoLooks(
  { lookup, signature }: SignedPayerLookup,
  txHash: string,
  found: readonly Verification[],
  nowMs: number,
): ReadonlySet<Verification> {
  requireGood(lookup, txHash, Math.floor(nowMs / 1_000));
  const theirs = found.filter(({ payment }) => payment?.payer === lookup.payer);
  if (theirs.length === 0) throw refused(`${lookup.payer} paid for nothing by this transaction`, '/payer');
  const shown = theirs.filter(({ payment }) => {
    const chainId = Number(payment?.network.split(':')[1]);
    const fields = payerLookupTypes.PayerLookup;
    const digest = typedDataDigest({ chainId, type: 'PayerLookup', fields, message: { ...lookup } });
    return signerOf(digest, signature) === lookup.payer;
  });
  if (shown.length > 0) return new Set(shown);
  throw refused(
    `it is not of the key of ${lookup.payer} for the chain of the payment; contract wallets are not asked, look it up by its id`,
    '/signature',
  );
}

function requireGood(
  { txHash: signed, deadline }: SignedPayerLookup['lookup'],
  txHash: string,
  nowSeconds: number,
): void {
  if (signed !== txHash) throw refused(`it is for the transaction 0x${signed}`, '/txHash');
  if (deadline < nowSeconds) throw refused(`its deadline ${deadline} is over`, '/deadline');
  if (deadline > nowSeconds + PAYER_LOOKUP_SECONDS_MAX)
    throw refused(
      `its deadline ${deadline} is more than ${PAYER_LOOKUP_SECONDS_MAX} seconds ahead`,
      '/deadline',
    );
}

function refused(detail: string, pointer: string): AppError {
  return new AppError('signature-invalid', `The lookup of the payer does not count: ${detail}.`, {
    details: [{ pointer, detail }],
  });
}
