import { AppError, outputProof, type OutputPayload, type OutputProof } from '@touchstone/contracts';
import { hexToBytes, parseSignature, sha256, sha256Text, type ParsedSignature } from '@touchstone/crypto';

/** Domain separator of output proofs unless `SIGNING_DOMAIN` says otherwise (R-SIGN-2). */
export const DEFAULT_SIGNING_DOMAIN = 'model-output-v1';

/** What `SIGNING_DOMAIN` may be; empty for the older format without a prefix. */
export const SIGNING_DOMAIN_PATTERN = /^[a-z0-9.-]{0,64}$/;

const LEAF_BYTES = 200;

/** The canonical payload text of R-SIGN-1: these five fields in exactly this order, without white space. */
export function payloadText(payload: OutputPayload): string {
  const { modelVersionId, inputHash, outputHash, nonce, timestamp } = payload;
  return JSON.stringify({ modelVersionId, inputHash, outputHash, nonce, timestamp });
}

/**
 * `sha256(utf8(prefix + payload))` with `prefix = domain + "|"`, or nothing for the empty domain (R-SIGN-2).
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { readFileSync } from 'node:fs';
 * import { sha256Text } from '@touchstone/crypto';
 * import { DEFAULT_SIGNING_DOMAIN, outputDigest, payloadText } from '@touchstone/evidence';
 *
 * const { cases } = JSON.parse(readFileSync('libs/evidence/vectors/output-digest.json', 'utf8'));
 * const { payload } = cases[0].input;
 * assert.deepEqual(
 *   outputDigest(payload, DEFAULT_SIGNING_DOMAIN),
 *   sha256Text(`model-output-v1|${payloadText(payload)}`),
 * );
 * ```
 */
export function outputDigest(payload: OutputPayload, domain: string): Uint8Array {
  const prefix = domain === '' ? '' : `${domain}|`;
  return sha256Text(prefix + payloadText(payload));
}

/**
 * The leaf of an output proof (protocol section 3): sha256 over exactly 200 bytes
 * `modelVersionId || inputHash || outputHash || nonce || be64(timestamp) || compact signature`.
 *
 * @throws AppError `leaf-field-not-fixed-width` when a field has another width, so that two different records can
 * never share the bytes of one leaf
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { readFileSync } from 'node:fs';
 * import { bytesToHex } from '@touchstone/crypto';
 * import { outputLeaf } from '@touchstone/evidence';
 *
 * const { cases } = JSON.parse(readFileSync('libs/evidence/vectors/output-leaf.json', 'utf8'));
 * const [{ input: proof, expected }] = cases;
 * assert.equal(bytesToHex(outputLeaf(proof)), expected.leaf);
 * assert.throws(() => outputLeaf({ ...proof, nonce: '00' }), { code: 'leaf-field-not-fixed-width' });
 * ```
 */
export function outputLeaf(proof: OutputProof): Uint8Array {
  const leaf = outputProof.safeParse(proof).success
    ? fixedWidthLeaf(proof, parseSignature(proof.signature))
    : undefined;
  if (!leaf) {
    throw new AppError(
      'leaf-field-not-fixed-width',
      'An output proof is batched only with 64-character fields and a strict signature.',
    );
  }
  return leaf;
}

/** {@link outputLeaf} of a proof that fits its schema; `undefined` when its signature is not strict. */
export function fixedWidthLeaf(proof: OutputProof, signature: ParsedSignature): Uint8Array | undefined {
  if (!('compact' in signature)) return undefined;
  const bytes = new Uint8Array(LEAF_BYTES);
  const hashes = proof.modelVersionId + proof.inputHash + proof.outputHash + proof.nonce;
  bytes.set(hexToBytes(hashes, 128) as Uint8Array);
  new DataView(bytes.buffer).setBigUint64(128, BigInt(proof.timestamp), false);
  bytes.set(signature.compact, 136);
  return sha256(bytes);
}
