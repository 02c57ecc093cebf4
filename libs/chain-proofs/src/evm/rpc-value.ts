import { hexToBytes } from '@touchstone/crypto';
import { EVM_HEADER_BYTES_MAX } from './header.js';

/** Why an answer of a chain node cannot be used. */
export interface EvmRpcFailure {
  readonly ok: false;
  readonly reason: string;
  /** True when the header could be had from `debug_getRawHeader`: the block is there, its fields are not understood. */
  readonly needsRawHeader?: true;
}

/** A failure with its reason. */
export function rpcFailure(reason: string): EvmRpcFailure {
  return { ok: false, reason };
}

/** True for anything with members. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Reads `0x`-prefixed data of any case, as chain nodes write it. */
export function readData(value: unknown): Uint8Array | undefined {
  if (typeof value !== 'string' || !/^0x/i.test(value) || value.length > 2 + EVM_HEADER_BYTES_MAX * 2)
    return undefined;
  return hexToBytes(value.slice(2).toLowerCase());
}
