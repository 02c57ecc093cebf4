import { AppError } from '@touchstone/contracts';
import { z } from 'zod';

const quantity = z
  .string()
  .regex(/^0x[0-9a-f]{1,64}$/i)
  .transform(BigInt);
const hash = z
  .string()
  .regex(/^0x[0-9a-f]{64}$/i)
  .transform((text) => text.toLowerCase());

/** The parts of a block that are looked at. */
export const rpcBlock = z.object({
  number: quantity,
  hash,
  timestamp: quantity,
  baseFeePerGas: quantity.nullish(),
});
export type RpcBlock = z.output<typeof rpcBlock>;

/** The parts of a receipt that tell where a transaction stands. */
export const rpcReceipt = z.object({
  blockNumber: quantity,
  blockHash: hash,
  status: quantity,
  gasUsed: quantity,
});

/** The parts of a receipt that tell what a transaction cost. A rollup adds the fee for its data on the chain below. */
export const rpcCost = z.object({
  gasUsed: quantity,
  effectiveGasPrice: quantity.nullish(),
  // A node that says nonsense must not make sums that no column holds.
  l1Fee: quantity.pipe(z.bigint().max(2n ** 128n)).nullish(),
});

export const rpcQuantity = quantity;
export const rpcData = z.string().regex(/^0x(?:[0-9a-f]{2})*$/i);

/**
 * Reads a raw result: a node's answer is untrusted input too.
 *
 * @throws AppError `dependency-unavailable` for an answer of another shape
 */
export function readRpc<T extends z.ZodType>(schema: T, result: unknown, method: string): z.output<T> {
  const parsed = schema.safeParse(result);
  if (parsed.success) return parsed.data;
  throw new AppError('dependency-unavailable', `The chain node's answer to ${method} has another shape.`);
}
