import { randomBytes } from 'node:crypto';
import type { OutputContext } from '@touchstone/contracts';
import { bytesToHex, hexToBytes } from '@touchstone/crypto';
import { encodeTensor, tensorsHash } from '@touchstone/evidence';

export const NETWORK = 'eip155:8453';

/** A context with everything in it, about one request. */
export function contextOf(digest: string): OutputContext {
  return {
    salt: bytesToHex(randomBytes(32)),
    requestDigest: digest,
    payment: {
      network: NETWORK,
      asset: `0x${'83'.repeat(20)}`,
      payer: `0x${'44'.repeat(20)}`,
      payTo: `0x${'55'.repeat(20)}`,
      amount: '10000',
      nonce: bytesToHex(randomBytes(32)),
    },
    node: { nodeId: 'node-1', attestationStatus: 'OK', buildId: 'build-1', capabilityHash: '77'.repeat(32) },
    build: { service: 'inference-gateway', version: '0.1.0', hash: '88'.repeat(32) },
  };
}

/** A canonical FP32 tensor of one row. */
export function tensor(name: string, data: number[]) {
  const result = encodeTensor({ name, datatype: 'FP32', shape: [1, data.length], data });
  if (!result.ok) throw new Error(result.error.detail);
  return result.value;
}

/** `inputHash` or `outputHash` of tensors, in hex. */
export function hashOf(tensors: ReturnType<typeof tensor>[]): string {
  const hash = tensorsHash(tensors);
  if (!hash.ok) throw new Error(hash.error.detail);
  return hash.value;
}

/** A leaf that belongs to somebody else. */
export function otherLeaf(seed: number): Uint8Array {
  return hexToBytes(seed.toString(16).padStart(64, '0')) ?? new Uint8Array();
}
