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

/** The parts of a block that the pipeline looks at. */
export const rpcBlock = z.object({ number: quantity, hash, baseFeePerGas: quantity.optional() });

/** The parts of a receipt. */
export const rpcReceipt = z.object({
  blockNumber: quantity,
  blockHash: hash,
  status: quantity,
  gasUsed: quantity,
});

export const rpcQuantity = quantity;
export const rpcData = z.string().regex(/^0x(?:[0-9a-f]{2})*$/i);

/**
 * Reads a raw result.
 *
 * @throws AppError `dependency-unavailable` for an answer of another shape
 */
export function readRpc<T extends z.ZodType>(schema: T, result: unknown, method: string): z.output<T> {
  const parsed = schema.safeParse(result);
  if (parsed.success) return parsed.data;
  throw new AppError('dependency-unavailable', `The chain node's answer to ${method} has another shape.`);
}
