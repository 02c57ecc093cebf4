import type { AnchorKind } from '@touchstone/contracts';
import type { Anchor } from '../bundle/schema.js';
import type { PreparedTrust } from '../trust/prepared-trust.js';
import { evm } from './evm.js';
import type { AnchorVerifier, AnchorWords, JudgedAnchor } from './kind.js';
import { rfc3161 } from './rfc3161.js';

const verifiers: { readonly [Kind in AnchorKind]: AnchorVerifier<Kind> } = { evm, rfc3161 };

/** Judges an anchor of any kind whose commitment is the hash of its checkpoint. */
export function judgeByKind(anchor: Anchor, trust: PreparedTrust | undefined): JudgedAnchor {
  const verifier = verifiers[anchor.kind] as AnchorVerifier<AnchorKind>;
  return verifier.judge(anchor, trust);
}

/** How a kind is told to people. */
export const anchorWords = (kind: AnchorKind): AnchorWords => verifiers[kind].words;
