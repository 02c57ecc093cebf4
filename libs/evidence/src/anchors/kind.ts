import type { AnchorKind } from '@touchstone/contracts';
import type { Anchor } from '../bundle/schema.js';
import type { PreparedTrust } from '../trust/prepared-trust.js';
import type { Outcome } from '../verify/outcome.js';

/** What an anchor that passed says about time, for the key-state and the label. */
export interface PassedAnchor {
  readonly network: string;
  readonly logProof: number;
  readonly test: boolean;
  /** When its commitment existed, in milliseconds since 1970, as its chain or authority says. */
  readonly timeMs: number;
  /** By how much that may be too early (protocol section 5). */
  readonly uncertaintyMs: number;
}

/** What the step says of an anchor, with the facts of one that passed. */
export interface JudgedAnchor {
  readonly outcome: Outcome;
  readonly passed?: PassedAnchor;
}

/** How a kind is told to people, in English. */
export interface AnchorWords {
  /** What an anchor on a network is, as the beginning of a sentence that the network's name ends. */
  readonly what: string;
  /** Whose word the time of an anchor is. */
  readonly witness: string;
}

/** One kind of anchor, in a file of its own; nothing else of the verification knows kinds. */
export interface AnchorVerifier<Kind extends AnchorKind> {
  readonly kind: Kind;
  readonly words: AnchorWords;
  /** Judges an anchor whose commitment is the hash of its checkpoint, by what the trust file says of its network. */
  judge(anchor: Anchor & { readonly kind: Kind }, trust: PreparedTrust | undefined): JudgedAnchor;
}
