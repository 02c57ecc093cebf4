import { z } from 'zod';
import { paymentRemarks } from '../transfer/index.js';
import { paymentReference } from '../schemas/output.js';
import { hex32, timestampMs, uuidV7 } from '../schemas/primitives.js';

/** `evt.v1.payment.transfer.settled`: the transfer stands in a block; the answer it paid for may leave. */
export const transferSettled = z.strictObject({
  reservationId: uuidV7,
  requestDigest: hex32,
  payment: paymentReference,
  transaction: z.string().max(128),
  remarks: paymentRemarks.optional(),
  settledAt: timestampMs,
});
export type TransferSettled = z.infer<typeof transferSettled>;

/**
 * `evt.v1.payment.transfer.failed`: the payment-verifier sends this transfer no more. After a transaction that reverted
 * somebody else still may; `settled` follows then. After `settled` it says that a reorganisation dropped the transfer, by
 * a final block.
 */
export const transferFailed = z.strictObject({
  reservationId: uuidV7,
  requestDigest: hex32,
  payment: paymentReference,
  reason: z.string().max(256),
  failedAt: timestampMs,
});
export type TransferFailed = z.infer<typeof transferFailed>;
