import { bytesToHex, parseSignature } from '@touchstone/crypto';
import { leafHash } from '@touchstone/merkle';
import type { OutputBundle } from '../../bundle/schema.js';
import { fixedWidthLeaf, outputDigest } from '../../output/payload.js';
import { DATE_MS_MAX } from '../date-limit.js';
import type { Subject } from './kind.js';

const TREE_PROFILE = 'rfc9162-sha256';

/** A signed output of a model. */
export function outputSubject({ subject: { proof, context }, payment, inclusion }: OutputBundle): Subject {
  const { modelVersionId, timestamp, keyId, domain } = proof;
  const signature = parseSignature(proof.signature);
  const ms = timestamp * 1_000;
  return {
    kind: 'output',
    keyId,
    use: 'output',
    alg: 'ES256K',
    domain,
    declared: { ms, text: ms <= DATE_MS_MAX ? new Date(ms).toISOString() : String(timestamp) },
    treeProfile: TREE_PROFILE,
    remarks: context.payment && !payment ? ['request-not-disclosed'] : [],
    /** ECDSA over the digest of the canonical payload. */
    judgeSignature({ verify }) {
      if (!('compact' in signature) || !verify)
        return { refusal: 'bad-signature: not compact and not strict DER' };
      const digest = outputDigest(proof, domain);
      const result = verify(digest, signature.compact);
      return {
        expected: `signature of ${bytesToHex(digest)}`,
        actual: bytesToHex(signature.compact),
        refusal: result === 'ok' ? undefined : result,
      };
    },
    timeRefusal: (check) =>
      check === 'key-status'
        ? 'key-not-valid-at: the stated status contradicts the key’s times'
        : `key-not-valid-at: ${check}`,
    leaf() {
      const leaf = fixedWidthLeaf(proof, signature);
      return leaf
        ? { hash: leafHash(leaf), text: bytesToHex(leaf) }
        : { refusal: 'leaf-field-not-fixed-width: the output proof has no leaf' };
    },
    expectedEntry: () => ({
      kind: 'output',
      leafFormat: 'model-output-v1',
      treeProfile: TREE_PROFILE,
      leafCount: inclusion.treeSize,
      root: inclusion.rootHex,
      scope: { modelVersionId },
      signature: null,
    }),
    reported: () => ({ kind: 'output', modelVersionId, timestamp, keyId }),
  };
}
