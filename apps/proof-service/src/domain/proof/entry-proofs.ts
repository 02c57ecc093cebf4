import { AppError } from '@touchstone/contracts';
import { bytesToHex } from '@touchstone/crypto';
import { inclusionNodes } from '@touchstone/merkle';
import type { EvidenceObserver } from '../evidence/evidence-reader.js';
import type { StoredAnchor } from '../evidence/evidence-store.js';
import type { KnownKeys } from '../keys/signer-keys.js';
import { checkLogProof, logInclusion, type LogInclusion } from './log-inclusion.js';
import type { ProofStore } from './proof-store.js';

/** An entry of the log that is no batch, and as much of its proof as exists. */
export interface EntryProof {
  readonly entry: string;
  /** `null` until a signed checkpoint covers it. */
  readonly logProof: LogInclusion | null;
  readonly checkpoint: string | null;
  readonly anchors: readonly StoredAnchor[];
}

/** Proofs of entries that stand in the log by themselves, each verified before it is answered. */
export class EntryProofs {
  constructor(
    private readonly store: ProofStore,
    private readonly keys: KnownKeys,
    private readonly observer: Pick<EvidenceObserver, 'selfCheckFailed'>,
  ) {}

  /**
   * @param sha256 of the text of the entry
   * @throws AppError `not-found`, or `internal` for a proof that fails its check
   */
  async read(sha256: Uint8Array): Promise<EntryProof> {
    const stored = await this.store.entry(sha256);
    const hash = bytesToHex(sha256);
    if (!stored) throw new AppError('not-found', `No entry of the log here has the SHA-256 ${hash}.`);
    const { checkpoint, logIndex, entry } = stored;
    if (!checkpoint) return { entry, logProof: null, checkpoint: null, anchors: [] };
    const { note, size, anchors } = checkpoint;
    const plan = inclusionNodes(logIndex, size);
    const { log } = await this.store.nodes(logIndex, [], plan.ids);
    const { logVerifierKey } = await this.keys.current();
    try {
      const path = plan.fold(log);
      checkLogProof(entry, logIndex, checkpoint, path, logVerifierKey);
      return { entry, logProof: logInclusion(logIndex, size, path), checkpoint: note, anchors };
    } catch (cause) {
      const finding = cause instanceof Error ? cause.message : String(cause);
      this.observer.selfCheckFailed(`proof of the entry ${hash}`, [finding], cause);
      throw new AppError('internal', 'The proof did not pass its own verification and was not served.', {
        cause,
      });
    }
  }
}
