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
import { LogFencing } from './log-fence.js';
import type { AuditLog, CheckpointStore, LockedLog, SignedCheckpoint } from './ports.js';

/** The verifier key of a log (C2SP signed-note). */
export function verifierKeyOf(origin: string, keys: KeyRing): string {
  return formatVerifierKey(noteKey(origin, 'ed25519', keys.checkpoint.publicKey));
}

/** Signs the checkpoints of one log, never two histories of it. */
export class CheckpointSigning {
  private readonly key: NoteKey;
  private readonly fencing = new LogFencing();

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
    return verifierKeyOf(this.origin, this.keys);
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
      const signed = await this.enter((log) => this.signWithin(log, request, text));
      await this.audit.append({ ...audited, result: 'signed', reason: null });
      return signed.note;
    } catch (error) {
      if (error instanceof AppError && error.code === 'checkpoint-refused') {
        await this.audit.append({ ...audited, result: 'refused', reason: error.message });
      }
      throw error;
    }
  }

  /**
   * Looks at the log before anybody asks: a process that has seen it tells a standby that took over from a restored database.
   *
   * @throws AppError `checkpoint-refused` while the log is closed
   */
  async begin(): Promise<void> {
    await this.enter((log) => Promise.resolve(log.record.last));
  }

  private async enter<T extends SignedCheckpoint | undefined>(
    work: (log: LockedLog) => Promise<T>,
  ): Promise<T> {
    const { record, signed } = await this.store.withLog(this.origin, async (log) => {
      await this.fencing.enter(log);
      return { record: log.record, signed: await work(log) };
    });
    this.fencing.remember(record, signed?.size ?? 0n);
    return signed;
  }

  private async signWithin(
    log: LockedLog,
    request: CheckpointRequest,
    text: string,
  ): Promise<SignedCheckpoint> {
    const { last } = log.record;
    if (checkCheckpoint(request, last) === 'same' && last) return last;
    const signed = { size: request.size, root: request.root, note: await this.note(text) };
    await log.append(signed);
    return signed;
  }

  private note(text: string): Promise<string> {
    return signNote(text, [ed25519NoteSigner(this.key, (message) => this.keys.checkpoint.sign(message))]);
  }
}
