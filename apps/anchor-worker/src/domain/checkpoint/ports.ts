/** Size and root of the log at some time. */
export interface TreeHead {
  readonly size: bigint;
  /** 32 bytes. */
  readonly root: Uint8Array;
}

/** A checkpoint that is to be signed, with the last one that is. */
export interface CheckpointIntent extends TreeHead {
  readonly last: TreeHead | undefined;
}

/** A checkpoint as it is published. */
export interface SignedCheckpoint extends TreeHead {
  readonly origin: string;
  /** The signed note. */
  readonly note: string;
  /** RFC 3339 with milliseconds. */
  readonly publishedAt: string;
}

/** Which log this is. */
export interface LogIdentity {
  readonly origin: string;
  /** Verifier key of the log (C2SP signed-note). */
  readonly vkey: string;
}

/** Keeps checkpoints and the intent of the next one. */
export interface CheckpointStore {
  /**
   * Names the checkpoint that is to be signed. The decision is stored before it is returned, and stays until its
   * signature is stored: whoever asks after a crash gets the same size and root again.
   *
   * @returns `undefined` when the last checkpoint covers the whole log
   */
  intend(): Promise<CheckpointIntent | undefined>;
  /** The last checkpoint that is stored. */
  last(): Promise<TreeHead | undefined>;
  /** Consistency proof between two sizes of the log, 1 ≤ from ≤ to. */
  consistency(from: bigint, to: bigint): Promise<Uint8Array[]>;
  /**
   * Stores a signed checkpoint with its event and ends its intent; nothing happens when it is stored already.
   *
   * @returns whether it was new
   */
  publish(checkpoint: SignedCheckpoint): Promise<boolean>;
  /** Stores the identity of the log when none is stored. @returns the stored one */
  pinIdentity(identity: LogIdentity): Promise<LogIdentity>;
}

/** What the signer is asked to sign, with the proof from the last checkpoint. */
export interface CheckpointRequest extends TreeHead {
  readonly origin: string;
  /** Size of the last checkpoint, 0 before the first; the proof is empty then. */
  readonly fromSize: bigint;
  readonly proof: readonly Uint8Array[];
}

/** Signs checkpoints of the log, and refuses those that do not extend what it signed last. */
export interface CheckpointSigner {
  identity(): Promise<LogIdentity>;
  /**
   * @returns the signed note
   * @throws AppError `checkpoint-refused` when it does not extend what the signer signed last
   */
  sign(request: CheckpointRequest): Promise<string>;
}
