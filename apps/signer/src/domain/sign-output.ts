import type { OutputPayload, OutputProof } from '@touchstone/contracts';
import { formatSignature } from '@touchstone/crypto';
import { outputDigest } from '@touchstone/evidence';
import type { KeyRing } from './key-ring.js';
import type { AuditLog } from './ports.js';

export type SignatureFormat = 'der' | 'compact';

/** Signs outputs in the configured domain (R-SIGN-1..3). */
export class OutputSigning {
  constructor(
    private readonly keys: KeyRing,
    private readonly audit: AuditLog,
    private readonly options: { readonly domain: string; readonly format: SignatureFormat },
  ) {}

  /**
   * Signs the canonical payload. The nonce of the signature is that of RFC 6979, so that a repeated request gives
   * the same proof. The audit record is durable before the proof leaves.
   */
  async sign(payload: OutputPayload, caller: string, format = this.options.format): Promise<OutputProof> {
    const [proof] = await this.signAll([payload], caller, format);
    return proof as OutputProof;
  }

  /** Signs several outputs as {@link sign} does; one that cannot be signed fails all, and no proof leaves. */
  signAll(
    payloads: readonly OutputPayload[],
    caller: string,
    format = this.options.format,
  ): Promise<OutputProof[]> {
    return Promise.all(payloads.map((payload) => this.signOne(payload, caller, format)));
  }

  private async signOne(
    payload: OutputPayload,
    caller: string,
    format: SignatureFormat,
  ): Promise<OutputProof> {
    const { modelVersionId, inputHash, outputHash, nonce, timestamp } = payload;
    const digest = outputDigest(payload, this.options.domain);
    const signature = formatSignature(this.keys.output.sign(digest), format);
    await this.audit.append({
      caller,
      operation: 'sign-output',
      keyId: this.keys.outputKeyId,
      digest,
      result: 'signed',
      reason: null,
    });
    return {
      modelVersionId,
      inputHash,
      outputHash,
      nonce,
      timestamp,
      domain: this.options.domain,
      keyId: this.keys.outputKeyId,
      signature,
    };
  }
}
