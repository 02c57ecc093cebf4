import { AppError } from '@touchstone/contracts';
import { bytesToHex } from '@touchstone/crypto';
import { openWithKeys } from '@touchstone/evidence';
import type { AroundWork } from '../pipeline/around-work.js';
import type { CheckpointIntent, CheckpointSigner, CheckpointStore, LogIdentity, TreeHead } from './ports.js';

/** Milliseconds between two attempts while the signer refuses to go on. */
export const CLOSED_RETRY_MS = 5_000;

/** The entries that a new checkpoint covers and the one before did not: from `fromSize` to `size` - 1. */
export interface PublishedRange {
  readonly fromSize: bigint;
  readonly size: bigint;
}

/** What {@link Checkpointing} needs beside its ports. */
export interface CheckpointingOptions {
  readonly origin: string;
  readonly nowMs: () => number;
  readonly onPublished: (published: PublishedRange) => void;
  readonly around: AroundWork;
  /** Told when the log closes, with the reason, and when it opens again, with `undefined`. */
  readonly onClosed: (reason: string | undefined) => void;
}

/**
 * Has checkpoints signed and publishes them. At most one is outstanding, and it covers everything that was appended
 * when it was decided. The signer keeps the last size that it signed; because the decision is stored before the
 * signer is asked, a crash at any point ends in the same question and the same answer.
 *
 * When the signer has signed something else, as after a restore of this database or of its own, the log stays
 * closed: leaves and batches are still taken, nothing new is published until an operator reconciles the two. A process
 * that begins asks for the last checkpoint once more, so that this is known before there is a new one.
 */
export class Checkpointing {
  private reason: string | undefined;
  private identity: LogIdentity | undefined;
  private isCompared = false;

  constructor(
    private readonly store: CheckpointStore,
    private readonly signer: CheckpointSigner,
    private readonly options: CheckpointingOptions,
  ) {}

  /** Why no checkpoint is published; `undefined` while the log is open. */
  get closedReason(): string | undefined {
    return this.reason;
  }

  /** Publishes the next checkpoint. @returns 0 when there may be more, `undefined` when there is nothing to do */
  async run(): Promise<number | undefined> {
    const intent = await this.store.intend();
    if (intent === undefined && this.isCompared) return undefined;
    try {
      if (intent === undefined) await this.compare();
      else await this.options.around('publish checkpoint', () => this.publish(intent));
    } catch (error) {
      if (!isContradiction(error)) throw error;
      this.close(error.message);
      return CLOSED_RETRY_MS;
    }
    this.open();
    return intent === undefined ? undefined : 0;
  }

  /** The signer answers with the same note, or says why it would sign nothing. */
  private async compare(): Promise<void> {
    const last = await this.store.last();
    if (last === undefined) return;
    const identity = (this.identity ??= await this.pinnedIdentity());
    const { origin } = identity;
    const note = await this.signer.sign({ origin, ...last, fromSize: last.size, proof: [] });
    this.checkNote(note, identity, last);
  }

  private async publish({ size, root, last }: CheckpointIntent): Promise<void> {
    const identity = (this.identity ??= await this.pinnedIdentity());
    const { origin } = identity;
    const fromSize = last?.size ?? 0n;
    const proof = fromSize === 0n ? [] : await this.store.consistency(fromSize, size);
    const note = await this.signer.sign({ origin, size, root, fromSize, proof });
    this.checkNote(note, identity, { size, root });
    const publishedAt = new Date(this.options.nowMs()).toISOString();
    if (await this.store.publish({ origin, size, root, note, publishedAt }))
      this.options.onPublished({ fromSize, size });
  }

  /** The verifier key is kept for ever: a signer that comes with another one signs another log. */
  private async pinnedIdentity(): Promise<LogIdentity> {
    const offered = await this.signer.identity();
    const { origin } = this.options;
    if (offered.origin !== origin) {
      throw new AppError('conflict', `The signer signs the log ${offered.origin}; this is ${origin}.`);
    }
    const pinned = await this.store.pinIdentity(offered);
    if (pinned.origin !== offered.origin || pinned.vkey !== offered.vkey) {
      throw new AppError(
        'conflict',
        `The signer offers ${offered.vkey}; this log was begun as ${pinned.origin} with ${pinned.vkey}.`,
      );
    }
    return pinned;
  }

  /** What is stored is served for ever, hence nothing is stored that a reader would refuse. */
  private checkNote(note: string, { origin, vkey }: LogIdentity, asked: TreeHead): void {
    const opened = openWithKeys(note, vkey, []);
    if (!opened.ok)
      throw new AppError('conflict', `The signer answered a note that does not verify: ${opened.reason}.`);
    const { checkpoint } = opened;
    const isExpected =
      checkpoint.origin === origin &&
      checkpoint.size === asked.size &&
      bytesToHex(checkpoint.root) === bytesToHex(asked.root) &&
      checkpoint.extensions.length === 0;
    if (isExpected) return;
    throw new AppError(
      'conflict',
      `The signer was asked for size ${asked.size} and signed size ${checkpoint.size} of ${checkpoint.origin}.`,
    );
  }

  private close(reason: string): void {
    if (this.reason !== reason) this.options.onClosed(reason);
    this.reason = reason;
    this.isCompared = false;
  }

  private open(): void {
    if (this.reason !== undefined) this.options.onClosed(undefined);
    this.reason = undefined;
    this.isCompared = true;
  }
}

/** True for an answer that contradicts what is stored here, which no retry cures. */
function isContradiction(error: unknown): error is AppError {
  return error instanceof AppError && (error.code === 'checkpoint-refused' || error.code === 'conflict');
}
