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

/** Where a database is, as it says itself. A restore, a move to another server and a failover change it. */
export interface DatabasePlace {
  /** Made with the server's data folder and copied with its files. */
  readonly systemIdentifier: string;
  /** Begins anew when a server ends a recovery: at a point in time, or as a standby that takes over. */
  readonly timeline: number;
}

/** Where a log was open last. */
export interface LogFence {
  readonly place: DatabasePlace;
  /** True when a dump brought it here, whatever its place says. */
  readonly isCopy: boolean;
  /** True when an operator closed the log. */
  readonly isClosed: boolean;
}

/** What the database holds of a log. */
export interface LogRecord {
  readonly last: SignedCheckpoint | undefined;
  /** Undefined for a log that nobody has looked at since there are fences. */
  readonly fence: LogFence | undefined;
  readonly present: DatabasePlace;
  /** Whether a commit waits for a standby that has it too. */
  readonly isReplicated: boolean;
}

/** Why a log was opened again. */
export interface LogReopening {
  /** What had closed it. */
  readonly reason: string;
  /** Size of the last checkpoint that the database knows; 0 for none. */
  readonly size: bigint;
  /** The signed notes that it was compared with. */
  readonly notes: readonly string[];
  /** Whether an operator answered for it that nobody has a newer one. */
  readonly vouched: boolean;
}

/** A log that no other process can sign for until the work on it ends; what is done is committed together. */
export interface LockedLog {
  readonly record: LogRecord;
  /** The signed checkpoint of one size. */
  signedAt(size: bigint): Promise<SignedCheckpoint | undefined>;
  append(checkpoint: SignedCheckpoint): Promise<void>;
  /** Puts the fence where the database is now. */
  open(): Promise<void>;
  /** Closes the log until it is reopened. */
  close(): Promise<void>;
  noteReopening(reopening: LogReopening): Promise<void>;
}

/** The signed checkpoints of the logs, and their fences. */
export interface CheckpointStore {
  withLog<T>(origin: string, work: (log: LockedLog) => Promise<T>): Promise<T>;
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
