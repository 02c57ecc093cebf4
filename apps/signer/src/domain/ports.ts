import type { KeySet, KeystoreEntry } from '@touchstone/contracts';

/** One signature as the audit keeps it: who asked for what, never the key. */
export interface SigningAudit {
  readonly caller: string;
  readonly operation: 'sign-output' | 'sign-checkpoint' | 'sign-transaction';
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
