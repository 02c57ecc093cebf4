import { AppError, type OutputPayload, type OutputProof } from '@touchstone/contracts';
import { CLOCK_SKEW_MAX_MS, formatSignature } from '@touchstone/crypto';
import { outputDigest } from '@touchstone/evidence';
import type { Caller } from './caller-policy.js';
import type { KeyTimes } from './current-key-set.js';
import type { KeyRing } from './key-ring.js';
import type { NodePolicy } from './node-standing.js';
import type { AuditLog } from './ports.js';

/** Oldest time, in milliseconds before the signer's clock, that an output may declare; the gateway states it moments before. */
export const OUTPUT_AGE_MAX_MS = 300_000;

export type SignatureFormat = 'der' | 'compact';

/** Signs outputs in the configured domain (R-SIGN-1..3). */
export class OutputSigning {
  constructor(
    private readonly keys: KeyRing,
    private readonly audit: AuditLog,
    private readonly options: {
      readonly domain: string;
      readonly format: SignatureFormat;
      readonly nowMs: () => number;
      /** The first and the last moment that an output may declare; milliseconds since 1970. */
      readonly keyTimes: () => Promise<KeyTimes>;
      /** For which nodes nothing is signed now. */
      readonly nodes: NodePolicy;
    },
  ) {}

  /**
   * Signs the canonical payload. The nonce of the signature is that of RFC 6979, so that a repeated request gives
   * the same proof. The audit record is durable before the proof leaves.
   *
   * An output from the future is refused: no verifier takes it for evidence (protocol section 5), and somebody would have
   * paid for it; so would one from before the publication or after the end of the key that signs. One from the past is refused,
   * too, since nothing in the evidence would contradict it.
   *
   * A caller of a node that is blocked is refused, too, before anybody has paid for the output.
   *
   * @throws AppError `signing-refused`; `node-blocked`
   */
  async sign(payload: OutputPayload, caller: Caller, format = this.options.format): Promise<OutputProof> {
    const [proof] = await this.signAll([payload], caller, format);
    return proof as OutputProof;
  }

  /** Signs several outputs as {@link sign} does; one that cannot be signed fails all, and no proof leaves. */
  async signAll(
    payloads: readonly OutputPayload[],
    caller: Caller,
    format = this.options.format,
  ): Promise<OutputProof[]> {
    const times = await this.options.keyTimes();
    return Promise.all(payloads.map((payload) => this.signOne(payload, caller, format, times)));
  }

  private async signOne(
    payload: OutputPayload,
    caller: Caller,
    format: SignatureFormat,
    times: KeyTimes,
  ): Promise<OutputProof> {
    const { modelVersionId, inputHash, outputHash, nonce, timestamp } = payload;
    const digest = outputDigest(payload, this.options.domain);
    const audited = {
      caller: caller.name,
      operation: 'sign-output',
      keyId: this.keys.outputKeyId,
      digest,
    } as const;
    const blocked = caller.nodeId === undefined ? undefined : this.options.nodes.refusal(caller.nodeId);
    if (blocked !== undefined) {
      await this.audit.append({ ...audited, result: 'refused', reason: blocked });
      throw new AppError('node-blocked', blocked);
    }
    const reason = this.refusal(timestamp * 1_000, times);
    if (reason !== undefined) {
      await this.audit.append({ ...audited, result: 'refused', reason });
      throw new AppError('signing-refused', reason);
    }
    const signature = formatSignature(this.keys.output.sign(digest), format);
    await this.audit.append({ ...audited, result: 'signed', reason: null });
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

  private refusal(declaredMs: number, { startMs, endMs }: KeyTimes): string | undefined {
    const key = `Key ${this.keys.outputKeyId}`;
    if (declaredMs < startMs) return `${key} was published after the time that the output declares.`;
    if (declaredMs > endMs)
      return `${key} was replaced and has ended; another signer holds the key that signs now.`;
    const aheadMs = declaredMs - this.options.nowMs();
    const seconds = `${Math.round(Math.abs(aheadMs) / 1_000)} s`;
    if (aheadMs > CLOCK_SKEW_MAX_MS)
      return `The output is ${seconds} ahead of the signer's clock, at most ${CLOCK_SKEW_MAX_MS / 1_000} s are signed: set the clocks right.`;
    if (aheadMs < -OUTPUT_AGE_MAX_MS)
      return `The output is ${seconds} older than the signer's clock, at most ${OUTPUT_AGE_MAX_MS / 1_000} s are signed: set the clocks right.`;
    return undefined;
  }
}
