import { AppError, type ErrorDetail } from '@touchstone/contracts';
import {
  PAYER_LOOKUP_HEADER,
  signedPayerLookup,
  type SignedPayerLookup,
} from '@touchstone/contracts/transfer';
import type { IncomingMessage } from 'node:http';
import { readSignedHeader } from '../../../domain/payment/signed-header.js';

/** What a payer signed for this lookup; undefined where nobody says to be the payer. @throws AppError `validation-failed` */
export function payerLookupOf({ headers }: Pick<IncomingMessage, 'headers'>): SignedPayerLookup | undefined {
  const header = headers[PAYER_LOOKUP_HEADER];
  return header === undefined ? undefined : readSignedHeader(String(header), signedPayerLookup, malformed);
}

function malformed(problem: string, details: ErrorDetail[] = []): AppError {
  return new AppError('validation-failed', `The header ${PAYER_LOOKUP_HEADER} ${problem}.`, {
    status: 400,
    details,
  });
}
