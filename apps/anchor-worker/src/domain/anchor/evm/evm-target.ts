import { AppError } from '@touchstone/contracts';
import { gasLimit, type LaneTransaction } from '@touchstone/evm';
import {
  PolicedTarget,
  type Advanced,
  type CheckpointToAnchor,
  type PlannedAnchor,
  type PolicedOptions,
} from '../policed-target.js';
import type { RefusedAnchor } from '../target-store.js';
import type { OpenAnchor } from './anchor.js';
import type { BlockStanding } from '../anchor-target.js';
import type { AnchorChain, AnchorHead, AnchorLane, AnchorStore } from './ports.js';
import type { AnchorEvent } from '../anchor-event.js';
import { costUnits } from '../cost-units.js';
import { becomesSafe, type AnchorProgress } from './progress.js';
import type { ProofTaking } from './proving.js';

/** What {@link EvmTarget} needs beside its ports. */
export interface EvmTargetOptions extends PolicedOptions {
  /** Milliseconds between two looks at the chain while an anchor is open. */
  readonly pollMs: number;
  /** Largest gas limit of an anchor. */
  readonly gasMax: bigint;
  /** Largest fee per gas in wei, also of an anchor that waits and is priced anew. */
  readonly feePerGasMax: bigint;
  readonly onEvent: (event: AnchorEvent) => void;
}

/** The ports of {@link EvmTarget}. */
export interface EvmTargetParts {
  readonly chain: AnchorChain;
  readonly store: AnchorStore;
  readonly lane: AnchorLane;
  /** Address of the key that pays for the next anchor. */
  readonly account: () => Promise<string>;
  readonly progress: AnchorProgress;
  readonly proofs: ProofTaking;
}

/**
 * Anchors checkpoints: one transaction covers every batch since the last. At most one anchor waits for its block at
 * a time, so that a stuck transaction never has others behind it; any number may wait to become final.
 */
export class EvmTarget extends PolicedTarget {
  readonly kind = 'evm';

  constructor(
    private readonly parts: EvmTargetParts,
    private readonly options: EvmTargetOptions,
  ) {
    const unknownMax = options.gasMax * options.feePerGasMax;
    super(parts.store, options, { unit: costUnits.evm, unknownMax });
  }

  get network(): string {
    return this.parts.chain.network;
  }

  async block(number: bigint): Promise<BlockStanding> {
    const { chain } = this.parts;
    const { latest, finalized } = await chain.head();
    return { head: latest, finalHash: number <= finalized ? await chain.blockHash(number) : undefined };
  }

  /** A node that serves no proofs: no anchor can become final then, however well everything else goes. */
  protected override get ownTrouble(): string | undefined {
    const { refusal } = this.parts.proofs;
    return refusal && `This node cannot serve eth_getProof for anchors: ${refusal}`;
  }

  protected override async advance(): Promise<Advanced> {
    const { store } = this.parts;
    const open = await store.open();
    const failures = open.length > 0 ? await this.move(open) : [];
    const isWaiting = (await store.open()).some(({ state }) => state !== 'included');
    return {
      isWaiting,
      failures,
      pollMs: open.length > 0 || isWaiting ? this.options.pollMs : undefined,
    };
  }

  private async move(open: readonly OpenAnchor[]): Promise<unknown[]> {
    const { chain, lane, progress } = this.parts;
    const failures: unknown[] = [...(await lane.run())];
    const transactions = await lane.ofSubjects(open.map(({ anchorId }) => anchorId));
    const head = await chain.head();
    for (const { anchor, transaction } of await this.due(open, transactions, head))
      await this.options
        .around('advance anchor', () => progress.advance(anchor, transaction, head))
        .catch((error: unknown) => failures.push(error));
    return failures;
  }

  /** Anchors that may move: of those whose place is known only those that have a proof to take or to use. */
  private async due(
    open: readonly OpenAnchor[],
    transactions: ReadonlyMap<string, LaneTransaction>,
    head: AnchorHead,
  ): Promise<{ anchor: OpenAnchor; transaction: LaneTransaction }[]> {
    const followed = open.flatMap((anchor) => {
      const transaction = transactions.get(anchor.anchorId);
      if (transaction === undefined) return [];
      const isPlaced =
        anchor.state === 'included' && transaction.placement?.block.hash === anchor.block?.hash;
      return [{ anchor, transaction, isPlaced }];
    });
    const placed = followed.filter(({ isPlaced }) => isPlaced).map(({ anchor }) => anchor);
    const provable = new Set(await this.parts.proofs.due(placed, head));
    return followed.filter(
      ({ anchor, isPlaced }) => !isPlaced || provable.has(anchor) || becomesSafe(anchor, head),
    );
  }

  protected override async plan({ size, commitment }: CheckpointToAnchor): Promise<PlannedAnchor> {
    const { chain, account } = this.parts;
    const { nowMs, newId, gasMax, feePerGasMax, around } = this.options;
    const data = chain.anchorData(commitment, size);
    const gas = gasLimit(await chain.estimateGas(await account(), data), gasMax);
    // Bytes that wait are replaced by dearer ones, up to the cap, and any of them may be the one that counts.
    const costMax = gas * feePerGasMax;
    const { contract } = chain;
    const make = (): Promise<void> =>
      this.prepare({
        subject: newId(),
        call: { to: contract, data, gas },
        details: { checkpointSize: size, commitment, contract, costMax, createdAtMs: nowMs() },
      });
    return { costMax, make: () => around('prepare anchor', make) };
  }

  protected override async refused(anchor: RefusedAnchor): Promise<void> {
    const { chain, store, account } = this.parts;
    await store.refuse({ ...anchor, contract: chain.contract, submitter: await account() });
    this.options.onEvent({ kind: 'failed' });
  }

  private async prepare(intent: Parameters<AnchorLane['prepare']>[0]): Promise<void> {
    await this.parts.lane.prepare(intent).catch((error: unknown) => {
      // Another replica anchors this checkpoint; the next look finds its anchor.
      if (!(error instanceof AppError) || error.code !== 'conflict') throw error;
    });
  }
}
