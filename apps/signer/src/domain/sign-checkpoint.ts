import { AppError } from '@touchstone/contracts';
import { sha256 } from '@touchstone/crypto';
import { formatCheckpoint, signNote } from '@touchstone/merkle';
import { checkCheckpoint, type CheckpointRequest } from './checkpoint-guard.js';
import type { KeyRing } from './key-ring.js';
import type { AuditLog, CheckpointStore } from './ports.js';

/** Signs the checkpoints of one log, never two histories of it. */
export class CheckpointSigning {
  constructor(
    private readonly keys: KeyRing,
    private readonly store: CheckpointStore,
    private readonly audit: AuditLog,
    private readonly origin: string,
  ) {}

  /**
   * @returns the signed note; the same note again when exactly this checkpoint was signed before
   * @throws AppError `checkpoint-refused`, and `forbidden` for another log
   */
  async sign(origin: string, request: CheckpointRequest, caller: string): Promise<string> {
    if (origin !== this.origin) {
      throw new AppError('forbidden', `This signer signs the log ${this.origin}, not ${origin}.`);
    }
    const body = formatCheckpoint({ origin, size: request.size, root: request.root, extensions: [] });
    const audited = {
      caller,
      operation: 'sign-checkpoint',
      keyId: this.keyId,
      digest: sha256(new TextEncoder().encode(body)),
    } as const;
    try {
      const signed = await this.store.withLast(origin, (last) => {
        if (last && checkCheckpoint(request, last) === 'same') return last;
        if (!last) checkCheckpoint(request, undefined);
        return { size: request.size, root: request.root, note: this.note(body) };
      });
      await this.audit.append({ ...audited, result: 'signed', reason: null });
      return signed.note;
    } catch (error) {
      if (error instanceof AppError)
        await this.audit.append({ ...audited, result: 'refused', reason: error.message });
      throw error;
    }
  }

  private get keyId(): string {
    return this.keys.entries.find(({ use }) => use === 'checkpoint')?.kid ?? '';
  }

  private note(body: string): string {
    const { publicKey } = this.keys.checkpoint;
    return signNote(body, [
      {
        name: this.origin,
        algorithm: 'ed25519',
        publicKey,
        sign: (message) => this.keys.checkpoint.sign(message),
      },
    ]);
  }
}
