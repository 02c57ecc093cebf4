import { AppError } from '@touchstone/contracts';
import { sha256 } from '@touchstone/crypto';
import {
  ed25519NoteSigner,
  formatCheckpointText,
  formatVerifierKey,
  noteKey,
  signNote,
  type NoteKey,
} from '@touchstone/merkle';
import { checkCheckpoint, type CheckpointRequest } from './checkpoint-guard.js';
import type { KeyRing } from './key-ring.js';
import type { AuditLog, CheckpointStore } from './ports.js';

/** Signs the checkpoints of one log, never two histories of it. */
export class CheckpointSigning {
  private readonly key: NoteKey;

  constructor(
    private readonly keys: KeyRing,
    private readonly store: CheckpointStore,
    private readonly audit: AuditLog,
    readonly origin: string,
  ) {
    this.key = noteKey(origin, 'ed25519', keys.checkpoint.publicKey);
  }

  /** The log's verifier key (C2SP signed-note). */
  get verifierKey(): string {
    return formatVerifierKey(this.key);
  }

  /**
   * @returns the signed note; the same note again when exactly this checkpoint was signed before
   * @throws AppError `checkpoint-refused`, and `forbidden` for another log
   */
  async sign(origin: string, request: CheckpointRequest, caller: string): Promise<string> {
    if (origin !== this.origin) {
      throw new AppError('forbidden', `This signer signs the log ${this.origin}, not ${origin}.`);
    }
    const { size, root } = request;
    const text = formatCheckpointText({ origin, size, root, extensions: [] });
    const digest = sha256(new TextEncoder().encode(text));
    const audited = {
      caller,
      operation: 'sign-checkpoint',
      keyId: this.keys.checkpointKeyId,
      digest,
    } as const;
    try {
      const signed = await this.store.withLast(origin, async (last) => {
        if (checkCheckpoint(request, last) === 'same' && last) return last;
        return { size, root, note: await this.note(text) };
      });
      await this.audit.append({ ...audited, result: 'signed', reason: null });
      return signed.note;
    } catch (error) {
      if (error instanceof AppError && error.code === 'checkpoint-refused') {
        await this.audit.append({ ...audited, result: 'refused', reason: error.message });
      }
      throw error;
    }
  }

  private note(text: string): Promise<string> {
    return signNote(text, [ed25519NoteSigner(this.key, (message) => this.keys.checkpoint.sign(message))]);
  }
}
