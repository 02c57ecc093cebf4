import type {
  BatchSigned,
  EventBatchFormat,
  KeySet,
  KeystoreEntry,
  SignedBatch,
} from '@touchstone/contracts';

/** One signature as the audit keeps it: who asked for what, never the key. */
export interface SigningAudit {
  readonly caller: string;
  readonly operation: 'sign-output' | 'sign-batch' | 'sign-checkpoint' | 'sign-transaction';
  readonly keyId: string;
  /** Digest that was signed, 32 bytes. */
  readonly digest: Uint8Array;
  readonly result: 'signed' | 'refused';
  /** The refusal in one sentence, `null` when it was signed. */
  readonly reason: string | null;
}

/** Durable audit: resolves only when the record is committed, so that no signature leaves unrecorded. */
export interface AuditLog {
  append(audit: SigningAudit): Promise<void>;
}

/** A checkpoint that was signed for a log. */
export interface SignedCheckpoint {
  readonly size: bigint;
  readonly root: Uint8Array;
  readonly note: string;
}

/**
 * The double-sign guard of the logs. `withLast` runs `decide` with the last signed checkpoint while no other
 * process can sign for that origin, and stores what `decide` returns before it resolves.
 */
export interface CheckpointStore {
  withLast(
    origin: string,
    decide: (last: SignedCheckpoint | undefined) => Promise<SignedCheckpoint>,
  ): Promise<SignedCheckpoint>;
}

/** Batches of one tenant in one format, whose times rise. */
export interface EventStream {
  readonly tenant: string;
  readonly format: EventBatchFormat;
}

/** What a stream holds when a batch is to be signed for it. */
export interface EventStreamState {
  /** The batch that has this id already, whoever's it is. */
  readonly same: SignedBatch | undefined;
  /** The newest of the stream. */
  readonly last: SignedBatch | undefined;
}

/** A batch with what becomes durable beside it. */
export interface NewBatch {
  readonly batch: BatchSigned;
  readonly audit: SigningAudit;
}

/** The signed batches of events. */
export interface BatchStore {
  /**
   * Runs `decide` while no other process can sign for that stream. What is new is stored with its audit record and announced before
   * it resolves, so that no signature leaves that could be made again for other events.
   *
   * @throws AppError `conflict` when another stream takes the id at the same time, `queue-full` when too many wait for the stream
   */
  withStream(
    stream: EventStream,
    batchId: string,
    decide: (state: EventStreamState) => Promise<SignedBatch | NewBatch>,
  ): Promise<SignedBatch>;
}

/** The history of key sets; one row per version. */
export interface KeySetStore {
  /**
   * Merges the held keys with those listed before; stores and announces a new version when that differs from the last.
   * Returns the current version.
   */
  publish(held: readonly KeystoreEntry[]): Promise<KeySet>;
  /**
   * The last version; a new one is stored and announced first when time alone changed a status. It ends no key: during
   * a rollout another replica may hold one that this process does not.
   */
  current(): Promise<KeySet>;
}
