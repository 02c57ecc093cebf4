import { openWithKeys } from '@touchstone/evidence';
import { bytesToHex } from '@touchstone/crypto';
import { CompactRange, leafHashOfText, rootNodes, type LogNode } from '@touchstone/merkle';
import type { KnownKeys } from '../keys/signer-keys.js';
import type {
  LogFrontier,
  LogStore,
  PendingCheckpoint,
  ReadyOutput,
  RefusalReason,
  Verdict,
} from './log-store.js';

/** Most entries that one transaction appends. */
export const LOG_EXTEND_ENTRIES_MAX = 500;
/** Most checkpoints that one round judges. */
export const CHECKPOINTS_PER_ROUND_MAX = 64;
/** Most outputs of one checkpoint whose time to ready is measured. */
export const READY_SAMPLES_MAX = 10_000;

/** Told what happens to the copy of the log. */
export interface LogObserver {
  checkpointVerified(size: bigint, ready: readonly ReadyOutput[]): void;
  checkpointRefused(size: bigint, reason: RefusalReason): void;
  /** A final anchor covers these outputs. */
  outputsAnchored(anchored: readonly ReadyOutput[]): void;
}

/**
 * Follows the log: appends the entries that arrived in their order and judges checkpoints against the own nodes and
 * the log's key. Only a checkpoint that passes both is ever served, so that a forged one, or a log that shows this
 * service another history than it signs, ends in an alarm instead of a proof.
 */
export class LogCopy {
  constructor(
    private readonly store: LogStore,
    private readonly keys: KnownKeys,
    private readonly observer: LogObserver,
  ) {}

  /** Does everything that can be done with what has arrived. */
  async catchUp(): Promise<void> {
    let added: number;
    do added = await this.store.extend(LOG_EXTEND_ENTRIES_MAX, nodesOf);
    while (added === LOG_EXTEND_ENTRIES_MAX);
    for (;;) {
      const pending = await this.store.pendingCheckpoints(CHECKPOINTS_PER_ROUND_MAX);
      const judged = await this.judgeAll(pending);
      if (judged < CHECKPOINTS_PER_ROUND_MAX) break;
    }
    const range = await this.store.matchAnchors();
    if (range) this.observer.outputsAnchored(await this.store.outputsIn(range, READY_SAMPLES_MAX));
  }

  private async judgeAll(pending: readonly PendingCheckpoint[]): Promise<number> {
    if (pending.length === 0) return 0;
    const logSize = await this.store.size();
    const signed = await this.signedOnes(pending);
    let judged = 0;
    for (const checkpoint of pending) {
      const verdict = await this.judge(checkpoint, signed.get(checkpoint), logSize);
      if (verdict === undefined) continue;
      judged += 1;
      const settled = await this.store.settle(checkpoint.commitment, verdict);
      if (settled) await this.tell(checkpoint.size, settled);
    }
    return judged;
  }

  /**
   * Whether the log signed each checkpoint; one is left out while that cannot be said. The log may have a new key and
   * a refusal is for ever, so nothing is refused without asking the signer once more.
   */
  private async signedOnes(
    pending: readonly PendingCheckpoint[],
  ): Promise<ReadonlyMap<PendingCheckpoint, boolean>> {
    const { logVerifierKey } = await this.keys.current();
    const answers = new Map<PendingCheckpoint, boolean>();
    const doubtful: PendingCheckpoint[] = [];
    for (const checkpoint of pending) {
      if (openWithKeys(checkpoint.note, logVerifierKey, []).ok) answers.set(checkpoint, true);
      else doubtful.push(checkpoint);
    }
    const newest = doubtful.length > 0 ? await this.keys.refetched() : undefined;
    if (newest) {
      for (const checkpoint of doubtful)
        answers.set(checkpoint, openWithKeys(checkpoint.note, newest.logVerifierKey, []).ok);
    }
    return answers;
  }

  /** `undefined` while it cannot be told: entries that the checkpoint covers, or the key, have not arrived. */
  private async judge(
    { size, root }: PendingCheckpoint,
    isSigned: boolean | undefined,
    logSize: bigint,
  ): Promise<Verdict | undefined> {
    if (isSigned === false) return { state: 'refused', reason: 'bad-signature' };
    if (isSigned === undefined || size > logSize) return undefined;
    const plan = rootNodes(size);
    const own = plan.fold(await this.store.nodes(plan.ids));
    return bytesToHex(own) === bytesToHex(root)
      ? { state: 'verified' }
      : { state: 'refused', reason: 'root-mismatch' };
  }

  private async tell(size: bigint, verdict: Verdict): Promise<void> {
    if (verdict.state === 'refused') this.observer.checkpointRefused(size, verdict.reason);
    else this.observer.checkpointVerified(size, await this.store.readyOutputs(size, READY_SAMPLES_MAX));
  }
}

function nodesOf({ size, hashes }: LogFrontier, entries: readonly string[]): LogNode[] {
  const range = CompactRange.restore(size, hashes);
  return entries.flatMap((entry) => range.append(leafHashOfText(entry)));
}
