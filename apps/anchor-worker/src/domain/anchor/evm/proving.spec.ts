import { beforeEach, describe, expect, it } from '@jest/globals';
import { AppError } from '@touchstone/contracts';
import type { OpenAnchor } from './anchor.js';
import type { ChainProof } from './ports.js';
import {
  NEWEST_PROOF_TRIES_MAX,
  PROOF_REFUSAL_TOLD_MS,
  PROOF_REFUSALS_MAX,
  PROOFS_PER_RUN_MAX,
  ProofRefusal,
  ProofTaking,
  type KeptProofStore,
  type ProofSource,
} from './proving.js';

/** A chain that proves only what its window lets it. */
class WindowedChain {
  latest = 1_000n;
  finalized = 400n;
  /** Blocks below the newest that are proven; `undefined` for none at all. */
  window: bigint | undefined = 0n;
  /** A block that was replaced by another one. */
  reorganised: bigint | undefined;
  /** Blocks that come between a look at the head and the proof. */
  blocksBetween = 0n;
  isAway = false;
  readonly asked: bigint[] = [];

  async head() {
    const seen = { latest: this.latest, safe: this.finalized, finalized: this.finalized };
    this.latest += this.blocksBetween;
    return seen;
  }

  async blockHash(number: bigint): Promise<string | undefined> {
    if (number > this.latest) return undefined;
    return this.hashOf(number);
  }

  async prove(number: bigint): Promise<ChainProof> {
    this.asked.push(number);
    if (this.isAway) throw new AppError('dependency-unavailable', 'The chain node did not answer.');
    const isSeen = number <= this.latest;
    if (this.window === undefined || !isSeen || this.latest - number > this.window)
      throw new ProofRefusal('distance to target block exceeds maximum proof window');
    return {
      block: { number, hash: this.hashOf(number) },
      proof: { header: '', accountProof: [], storageProof: [] },
      recordedIn: { blockNumber: 500n, timestamp: 1n },
    };
  }

  private hashOf(number: bigint): string {
    return `${number}${number === this.reorganised ? 'b' : 'a'}`;
  }
}

class MemoryKeptProofStore implements KeptProofStore {
  readonly proofs = new Map<string, ChainProof>();

  async blocksOf(ids: readonly string[]): Promise<ReadonlyMap<string, bigint>> {
    return new Map(
      ids.flatMap((id) => {
        const kept = this.proofs.get(id);
        return kept ? [[id, kept.block.number]] : [];
      }),
    );
  }
  async find(id: string): Promise<ChainProof | undefined> {
    return this.proofs.get(id);
  }
  async keep(id: string, proof: ChainProof): Promise<void> {
    this.proofs.set(id, proof);
  }
  async drop(id: string): Promise<void> {
    this.proofs.delete(id);
  }
}

const anchorIn = (block: bigint, anchorId = 'anchor'): OpenAnchor =>
  ({
    anchorId,
    state: 'included',
    submitter: '0x',
    commitment: new Uint8Array(32),
    block: { number: block, hash: `${block}a` },
  }) as unknown as OpenAnchor;

describe('taking the proof of an anchor', () => {
  let chain: WindowedChain;
  let store: MemoryKeptProofStore;
  let proofs: ProofTaking;
  let sources: ProofSource[];
  let told: (string | undefined)[];
  let nowMs: number;
  beforeEach(() => {
    chain = new WindowedChain();
    store = new MemoryKeptProofStore();
    [sources, told, nowMs] = [[], [], 0];
    proofs = new ProofTaking(chain, store, {
      nowMs: () => nowMs,
      onProof: (source) => sources.push(source),
      onRefusing: (reason) => told.push(reason),
    });
  });
  const keptBlock = (id = 'anchor') => store.proofs.get(id)?.block.number;

  it('keeps the one of the including block while the node gives it', async () => {
    chain.window = 128n;
    await proofs.takeAnew(anchorIn(900n));
    expect(keptBlock()).toBe(900n);
    expect(sources).toEqual(['including']);
  });

  it('keeps the one of the newest block where the including one is out of the window', async () => {
    await proofs.takeAnew(anchorIn(900n));
    expect(keptBlock()).toBe(1_000n);
    expect(sources).toEqual(['newest']);
  });

  it.each([
    [NEWEST_PROOF_TRIES_MAX, 1_000n + BigInt(NEWEST_PROOF_TRIES_MAX) - 1n],
    [NEWEST_PROOF_TRIES_MAX + 1, undefined],
  ])('asks for the newest block again when one comes in between, %d times needed', async (tries, block) => {
    const between = chain.prove.bind(chain);
    let asked = 0;
    chain.blocksBetween = 1n;
    chain.prove = async (number) => {
      asked += number === 900n ? 0 : 1;
      if (asked === tries) chain.window = 1n;
      return between(number);
    };
    await proofs.takeAnew(anchorIn(900n));
    expect(keptBlock()).toBe(block);
  });

  it('is asked for once', async () => {
    await proofs.takeUnlessKept(anchorIn(900n));
    const { length } = chain.asked;
    await proofs.takeUnlessKept(anchorIn(900n));
    expect(chain.asked).toHaveLength(length);
  });

  it('is the one at the final block where the node proves it', async () => {
    chain.window = 1_000n;
    await proofs.takeAnew(anchorIn(300n));
    expect(await proofs.final(anchorIn(300n), chain.finalized)).toMatchObject({ block: { number: 400n } });
    expect(sources).toEqual(['including', 'finalized']);
  });

  it('is the kept one when its block is final, and not before', async () => {
    await proofs.takeAnew(anchorIn(900n));
    expect(await proofs.final(anchorIn(900n), 999n)).toBeUndefined();
    chain.latest = 2_000n;
    expect(await proofs.final(anchorIn(900n), 1_000n)).toMatchObject({ block: { number: 1_000n } });
    expect(sources).toEqual(['newest', 'kept']);
  });

  it('is taken anew when the block of the kept one was reorganised away', async () => {
    await proofs.takeAnew(anchorIn(900n));
    [chain.reorganised, chain.latest] = [1_000n, 2_000n];
    expect(await proofs.final(anchorIn(900n), 1_400n)).toBeUndefined();
    expect(keptBlock()).toBe(2_000n);
    chain.latest = 3_000n;
    expect(await proofs.final(anchorIn(900n), 2_400n)).toMatchObject({ block: { number: 2_000n } });
  });

  it('is not thrown away because a slower node does not have its block', async () => {
    await proofs.takeAnew(anchorIn(900n));
    chain.latest = 990n;
    expect(await proofs.final(anchorIn(900n), 1_000n)).toBeUndefined();
    expect(keptBlock()).toBe(1_000n);
  });

  it('is taken for an anchor that was included before proofs were kept', async () => {
    expect(await proofs.final(anchorIn(300n), chain.finalized)).toBeUndefined();
    expect(keptBlock()).toBe(1_000n);
  });

  it('leaves what is kept as it is when the node does not answer, and says so', async () => {
    await proofs.takeAnew(anchorIn(900n));
    chain.isAway = true;
    await expect(proofs.final(anchorIn(900n), 1_000n)).rejects.toMatchObject({
      code: 'dependency-unavailable',
    });
    expect(keptBlock()).toBe(1_000n);
    expect(proofs.refusal).toBeUndefined();
  });

  describe('from a node that gives none', () => {
    beforeEach(() => {
      chain.window = undefined;
    });
    const refuse = async (times: number): Promise<void> => {
      for (let time = 0; time < times; time += 1) await proofs.takeUnlessKept(anchorIn(900n));
    };

    it('is told after PROOF_REFUSALS_MAX refusals in a row, once, and taken back with the first proof', async () => {
      await refuse(PROOF_REFUSALS_MAX - 1);
      expect([proofs.refusal, told]).toEqual([undefined, []]);
      await refuse(1);
      expect(proofs.refusal).toContain('exceeds maximum proof window');
      await refuse(PROOF_REFUSALS_MAX);
      expect(told).toEqual([proofs.refusal]);
      chain.window = 0n;
      await refuse(1);
      expect([proofs.refusal, told.at(-1), told.length]).toEqual([undefined, undefined, 2]);
    });

    it('is told for PROOF_REFUSAL_TOLD_MS, since another replica may have the turn', async () => {
      await refuse(PROOF_REFUSALS_MAX);
      nowMs = PROOF_REFUSAL_TOLD_MS;
      expect(proofs.refusal).toBeDefined();
      nowMs += 1;
      expect(proofs.refusal).toBeUndefined();
    });

    it('is asked for by one anchor for all, beside those that need no proof of it', async () => {
      await refuse(PROOF_REFUSALS_MAX);
      const anchors = [1, 2, 3].map((number) => anchorIn(900n, `anchor-${number}`));
      store.proofs.set('anchor-3', { block: { number: 300n, hash: '300a' } } as ChainProof);
      const due = await proofs.due(anchors, { latest: 1_000n, finalized: 400n });
      expect(due).toHaveLength(2);
      expect(due).toContain(anchors[2]);
    });
  });

  it('is due without a kept proof or with one that is final, for PROOFS_PER_RUN_MAX at a time and in turns', async () => {
    const head = { latest: 1_000n, finalized: 400n };
    const waiting = anchorIn(390n, 'waiting');
    store.proofs.set('waiting', { block: { number: 401n, hash: '' } } as ChainProof);
    const final = anchorIn(390n, 'final');
    store.proofs.set('final', { block: { number: 400n, hash: '' } } as ChainProof);
    expect(await proofs.due([], head)).toEqual([]);
    expect(await proofs.due([waiting, final, anchorIn(999n)], head)).toEqual([final, anchorIn(999n)]);
    const many = Array.from({ length: PROOFS_PER_RUN_MAX + 1 }, (_, index) => anchorIn(900n, `${index}`));
    const [first, second] = [await proofs.due(many, head), await proofs.due(many, head)];
    expect([first.length, second.length]).toEqual([PROOFS_PER_RUN_MAX, PROOFS_PER_RUN_MAX]);
    expect(new Set([...first, ...second]).size).toBe(PROOFS_PER_RUN_MAX + 1);
  });
});
