import { AppError } from '@touchstone/contracts';
import type { ChainHead } from '@touchstone/evm';
import type { OpenAnchor } from './anchor.js';
import type { AnchorChain, ChainProof } from './ports.js';

/** Anchors that are proven in one run, so that a long backlog does not keep new anchors waiting. */
export const PROOFS_PER_RUN_MAX = 16;
/** Times that the newest block is asked for while new ones come in between. */
export const NEWEST_PROOF_TRIES_MAX = 3;
/** Refused proofs in a row after which the node is said to serve none; one may be a balancer's slower node. */
export const PROOF_REFUSALS_MAX = 3;
/** Milliseconds that a refusal is told after the last one: another replica may have the turn since. */
export const PROOF_REFUSAL_TOLD_MS = 60_000;

/**
 * The node answered, but gave no proof: it keeps no state of that block, does not know the method, or what it gave
 * does not verify. A node that does not answer is no refusal.
 */
export class ProofRefusal extends AppError {
  constructor(readonly reason: string) {
    super('dependency-unavailable', `The chain node gives no proof: ${reason}`);
  }
}

/** Keeps a proof for each anchor until its block is final. */
export interface KeptProofStore {
  /** Number of the block of each kept proof, by the id of its anchor. */
  blocksOf(anchorIds: readonly string[]): Promise<ReadonlyMap<string, bigint>>;
  find(anchorId: string): Promise<ChainProof | undefined>;
  /** Stores a proof in place of the one before. */
  keep(anchorId: string, proof: ChainProof): Promise<void>;
  drop(anchorId: string): Promise<void>;
}

/** Where a proof was had: at the final block, at the including or the newest one to be kept, or from the kept ones. */
export type ProofSource = 'finalized' | 'including' | 'newest' | 'kept';

/** What {@link ProofTaking} needs beside its ports. */
export interface ProofTakingOptions {
  readonly nowMs: () => number;
  readonly onProof: (source: ProofSource) => void;
  /** The node's reason when it begins to refuse every proof, `undefined` when it gives one again. */
  readonly onRefusing: (reason: string | undefined) => void;
}

/**
 * Takes the proof of an anchor while nodes still give it. Most nodes prove only their newest blocks, and a final block
 * of a rollup is some hundreds of blocks old: a proof that is first asked for at the final block may never be had. So
 * it is taken as soon as the anchor stands in a block, kept, and used when its own block is final and still canonical.
 */
export class ProofTaking {
  private turn = 0;
  private refusalsInRow = 0;
  private lastRefusal: { readonly reason: string; readonly atMs: number } | undefined;

  constructor(
    private readonly chain: Pick<AnchorChain, 'head' | 'blockHash' | 'prove'>,
    private readonly store: KeptProofStore,
    private readonly options: ProofTakingOptions,
  ) {}

  /** Why the node cannot be used for anchors; `undefined` while it gives proofs and while nobody has asked it. */
  get refusal(): string | undefined {
    if (this.lastRefusal === undefined || this.refusalsInRow < PROOF_REFUSALS_MAX) return undefined;
    const { reason, atMs } = this.lastRefusal;
    return this.options.nowMs() - atMs > PROOF_REFUSAL_TOLD_MS ? undefined : reason;
  }

  /**
   * Included anchors that can be moved now: those whose kept proof is final, and those without one. While the node
   * refuses every proof one of the latter asks for all.
   */
  async due(included: readonly OpenAnchor[], head: ChainHead): Promise<OpenAnchor[]> {
    if (included.length === 0) return [];
    const kept = await this.store.blocksOf(included.map(({ anchorId }) => anchorId));
    const provable = included.filter(
      ({ anchorId }) => (kept.get(anchorId) ?? head.latest + 1n) <= head.finalized,
    );
    const without = included.filter(({ anchorId }) => !kept.has(anchorId));
    const asking = this.refusalsInRow < PROOF_REFUSALS_MAX ? without : this.inTurn(without, 1);
    return this.inTurn([...provable, ...asking], PROOFS_PER_RUN_MAX);
  }

  /** So that some that cannot be proven do not keep the others waiting. */
  private inTurn(anchors: readonly OpenAnchor[], count: number): OpenAnchor[] {
    if (anchors.length <= count) return [...anchors];
    const start = this.turn % anchors.length;
    this.turn = start + count;
    return [...anchors.slice(start), ...anchors.slice(0, start)].slice(0, count);
  }

  /** Takes a proof for an anchor that came into a block, and forgets the one of the block before. */
  async takeAnew(anchor: OpenAnchor): Promise<void> {
    await this.store.drop(anchor.anchorId);
    await this.take(anchor);
  }

  /** Takes a proof for an anchor whose block is not final, unless one is kept. */
  async takeUnlessKept(anchor: OpenAnchor): Promise<void> {
    if (!(await this.store.blocksOf([anchor.anchorId])).has(anchor.anchorId)) await this.take(anchor);
  }

  /**
   * The proof of an anchor whose block is final: at the final block where the node still has its state, otherwise the
   * kept one when its block is final and canonical.
   *
   * @returns `undefined` while there is none; one was taken then, which has to become final
   */
  async final(anchor: OpenAnchor, finalized: bigint): Promise<ChainProof | undefined> {
    const proof = await this.tryAt(finalized, anchor);
    if (typeof proof !== 'string') return this.served('finalized', proof);
    const kept = await this.store.find(anchor.anchorId);
    if (kept === undefined) return void (await this.take(anchor));
    if (kept.block.number > finalized) return undefined;
    const hash = await this.chain.blockHash(kept.block.number);
    if (hash === kept.block.hash) return this.served('kept', kept);
    // A node behind a balancer may not have the block; only another one in its place makes the proof worthless.
    if (hash !== undefined) await this.takeAnew(anchor);
    return undefined;
  }

  /** Forgets the proof of an anchor that has ended or left its block. */
  drop(anchor: OpenAnchor): Promise<void> {
    return this.store.drop(anchor.anchorId);
  }

  /** The including block is the first to become final; the newest is what every node can prove. */
  private async take(anchor: OpenAnchor): Promise<void> {
    if (anchor.block === undefined) return;
    const including = await this.tryAt(anchor.block.number, anchor);
    if (typeof including !== 'string') return this.keep(anchor, including, 'including');
    let reason = including;
    for (let attempt = 0; attempt < NEWEST_PROOF_TRIES_MAX; attempt += 1) {
      const newest = await this.tryAt((await this.chain.head()).latest, anchor);
      if (typeof newest !== 'string') return this.keep(anchor, newest, 'newest');
      reason = newest;
    }
    this.refused(reason);
  }

  private async keep(anchor: OpenAnchor, proof: ChainProof, source: ProofSource): Promise<void> {
    await this.store.keep(anchor.anchorId, proof);
    this.served(source, proof);
  }

  /** The proof, or the node's reason. */
  private async tryAt(block: bigint, { submitter, commitment }: OpenAnchor): Promise<ChainProof | string> {
    try {
      return await this.chain.prove(block, submitter, commitment);
    } catch (error) {
      if (error instanceof ProofRefusal) return error.reason;
      throw error;
    }
  }

  private served(source: ProofSource, proof: ChainProof): ChainProof {
    if (this.refusalsInRow >= PROOF_REFUSALS_MAX) this.options.onRefusing(undefined);
    this.refusalsInRow = 0;
    this.lastRefusal = undefined;
    this.options.onProof(source);
    return proof;
  }

  private refused(reason: string): void {
    this.refusalsInRow += 1;
    this.lastRefusal = { reason, atMs: this.options.nowMs() };
    if (this.refusalsInRow === PROOF_REFUSALS_MAX) this.options.onRefusing(reason);
  }
}
