import { canonicalJson } from '@touchstone/canonical-json';
import type { KeySet, ModelCommitment } from '@touchstone/contracts';
import { commitmentHash } from '@touchstone/evidence';
import type { Model } from './model.js';

/** What the signer says about its keys. */
export interface SignerKeys {
  readonly keySet: KeySet;
  readonly currentOutputKeyId: string;
}

/** Key states in which a key may still sign for a model version, now or soon. */
const usable = new Set(['pending', 'active', 'retiring']);

/**
 * The commitment that follows from the signer's keys (R-SIGN-7), or undefined when `previous` already says the same.
 * It lists the output keys that are neither retired nor revoked, in order of their ids, and the circuit of a version that has one.
 *
 * @param effectiveAt Unix seconds
 */
export function nextCommitment(
  model: Pick<Model, 'identity' | 'modelVersionId' | 'circuit'>,
  { keySet, currentOutputKeyId }: SignerKeys,
  previous: ModelCommitment | undefined,
  effectiveAt: number,
): ModelCommitment | undefined {
  const keys = keySet.keys
    .filter(({ use, status }) => use === 'output' && usable.has(status))
    .sort((left, right) => (left.kid < right.kid ? -1 : 1))
    .map(({ kid, alg, public_key: publicKey }) => ({ kid, alg, publicKey }));
  const vkDigest = model.circuit?.vkDigest ?? null;
  const isSame = previous?.currentKeyId === currentOutputKeyId && previous.vkDigest === vkDigest;
  if (isSame && canonicalJson(previous.keys) === canonicalJson(keys)) return undefined;
  return {
    type: 'touchstone.model-commitment.v1',
    modelVersionId: model.modelVersionId,
    model: model.identity,
    sequence: previous ? previous.sequence + 1 : 0,
    keys,
    currentKeyId: currentOutputKeyId,
    vkDigest,
    previous: previous ? commitmentHash(previous) : null,
    effectiveAt,
  };
}
