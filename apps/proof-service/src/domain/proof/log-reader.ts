import { AppError } from '@touchstone/contracts';
import { bytesToHex } from '@touchstone/crypto';
import { openWithKeys } from '@touchstone/evidence';
import { consistencyNodes, rootNodes, verifyConsistency } from '@touchstone/merkle';
import type { EvidenceObserver } from '../evidence/evidence-reader.js';
import type { KnownKeys } from '../keys/signer-keys.js';
import type { ProofStore, StoredCheckpoint } from './proof-store.js';

/** A proof that the log of size `from` is the beginning of the log of size `to`. */
export interface LogConsistency {
  readonly from: { readonly size: bigint; readonly root: Uint8Array };
  readonly to: { readonly size: bigint; readonly root: Uint8Array };
  readonly proof: readonly Uint8Array[];
}

/** Checkpoints and consistency proofs; only what was verified is given out. */
export class LogReader {
  constructor(
    private readonly store: ProofStore,
    private readonly keys: KnownKeys,
    private readonly observer: Pick<EvidenceObserver, 'selfCheckFailed'>,
  ) {}

  /** @throws AppError `not-found` while there is none */
  async newest(): Promise<StoredCheckpoint> {
    const checkpoint = await this.store.newestCheckpoint();
    if (!checkpoint) throw new AppError('not-found', 'No checkpoint of the log has arrived yet.');
    return this.checked(checkpoint);
  }

  /** @throws AppError `not-found` */
  async ofSize(size: bigint): Promise<StoredCheckpoint> {
    const checkpoint = await this.store.checkpoint(size);
    if (!checkpoint) throw new AppError('not-found', `There is no checkpoint of size ${size}.`);
    return this.checked(checkpoint);
  }

  /**
   * The proof between two sizes that a signed checkpoint covers.
   *
   * @throws AppError `validation-failed` when `from` is above `to`, `not-found` beyond the newest checkpoint
   */
  async consistency(from: bigint, to: bigint): Promise<LogConsistency> {
    if (from > to) {
      throw new AppError('validation-failed', `The size ${from} is above ${to}.`, {
        status: 400,
        details: [{ pointer: '/query/from', detail: 'must not be above to.' }],
      });
    }
    const newest = await this.newest();
    if (to > newest.size) {
      throw new AppError('not-found', `The newest checkpoint has size ${newest.size}, not ${to}.`);
    }
    const plans = { from: rootNodes(from), to: rootNodes(to), proof: consistencyNodes(from, to) };
    const ids = [...plans.from.ids, ...plans.to.ids, ...plans.proof.ids];
    const { log } = await this.store.nodes(0n, [], ids);
    try {
      const first = plans.from.ids.length;
      const second = first + plans.to.ids.length;
      const root1 = plans.from.fold(log.slice(0, first));
      const root2 = plans.to.fold(log.slice(first, second));
      const proof = plans.proof.fold(log.slice(second));
      const result = verifyConsistency({ size1: from, size2: to, root1, root2, proof });
      if (!result.ok) throw new Error(`consistency: ${result.reason}`);
      if (to === newest.size && bytesToHex(root2) !== bytesToHex(newest.root)) {
        throw new Error('consistency: the own nodes do not give the root of the checkpoint');
      }
      return { from: { size: from, root: root1 }, to: { size: to, root: root2 }, proof };
    } catch (cause) {
      throw this.failed(`consistency of ${from} and ${to}`, cause);
    }
  }

  private async checked(checkpoint: StoredCheckpoint): Promise<StoredCheckpoint> {
    const { logVerifierKey } = await this.keys.current();
    const opened = openWithKeys(checkpoint.note, logVerifierKey, []);
    const found = opened.ok
      ? `${opened.checkpoint.size} ${bytesToHex(opened.checkpoint.root)}`
      : opened.reason;
    if (found === `${checkpoint.size} ${bytesToHex(checkpoint.root)}`) return checkpoint;
    throw this.failed(`checkpoint of size ${checkpoint.size}`, new Error(`checkpoint-signature: ${found}`));
  }

  private failed(subject: string, cause: unknown): AppError {
    this.observer.selfCheckFailed(subject, [cause instanceof Error ? cause.message : String(cause)], cause);
    return new AppError('internal', 'The proof did not pass its own verification and was not served.', {
      cause,
    });
  }
}
