import { AppError, type RpcRequest } from '@touchstone/contracts';
import { hexToBytes } from '@touchstone/crypto';
import type { CheckpointRequest } from './checkpoint-guard.js';
import type { Eip1559Transaction } from './sign-transaction.js';

/** Turns validated hex and decimals into bytes and integers. */
export function toCheckpointRequest(request: RpcRequest<'signer', 'sign-checkpoint'>): CheckpointRequest {
  return {
    size: BigInt(request.size),
    root: bytes32(request.root),
    fromSize: BigInt(request.consistency.fromSize),
    proof: request.consistency.proof.map(bytes32),
  };
}

export function toTransaction({ transaction }: RpcRequest<'signer', 'sign-transaction'>): Eip1559Transaction {
  return {
    ...transaction,
    value: BigInt(transaction.value),
    gas: BigInt(transaction.gas),
    maxFeePerGas: BigInt(transaction.maxFeePerGas),
    maxPriorityFeePerGas: BigInt(transaction.maxPriorityFeePerGas),
  };
}

function bytes32(hex: string): Uint8Array {
  const bytes = hexToBytes(hex, 32);
  if (!bytes)
    throw new AppError('validation-failed', `Expected 64 lower-case hex characters, got ${hex.length}.`);
  return bytes;
}
