import { AppError, outputRecorded } from '@touchstone/contracts';
import { buildBundle, bundleText } from '@touchstone/evidence';
import type { KnownKeys } from '../keys/signer-keys.js';
import type { EvidenceStore, OutputLocation } from './evidence-store.js';
import { fittingProof } from './fitting-proof.js';
import { unbuildable, type BuiltBundle, type EvidenceSubject, type Provable } from './evidence-subject.js';
import type { LogTrust } from './own-trust.js';
import { planProofs } from './proof-plan.js';
import { checkOutput } from './self-check.js';

/** Evidence of outputs, each by its verification id. */
export class OutputEvidence implements EvidenceSubject<string, OutputLocation> {
  constructor(
    private readonly store: EvidenceStore,
    private readonly keys: KnownKeys,
    private readonly trust: LogTrust,
  ) {}

  describe(verificationId: string): string {
    return verificationId;
  }

  key(verificationId: string): string {
    return verificationId;
  }

  /** @throws AppError `unknown-verification` */
  async locate(verificationId: string): Promise<OutputLocation> {
    const location = await this.store.locateOutput(verificationId);
    if (location) return location;
    throw new AppError(
      'unknown-verification',
      `No record names the verification ${verificationId}; evidence of an event is asked for with ?event=<its id>.`,
    );
  }

  missing({ commitmentKnown }: OutputLocation): string | undefined {
    return commitmentKnown ? undefined : 'the commitment of its model has not arrived';
  }

  async build(verificationId: string, location: Provable<OutputLocation>): Promise<BuiltBundle> {
    const plan = planProofs(location);
    const parts = await this.store.loadOutput(verificationId, plan.request);
    if (!parts) return unbuildable('a part is gone');
    try {
      const record = outputRecorded.parse(JSON.parse(parts.subject ?? ''));
      if (record.verificationId !== verificationId)
        throw new Error(`The record of ${verificationId} is that of ${record.verificationId}.`);
      const { proof, context, inputs, outputs, commitment, payment } = record;
      const proved = location.isProved ? fittingProof(parts.zk, record) : undefined;
      const text = bundleText(
        buildBundle({
          ...{ proof, context, commitment, ...plan.assemble(parts) },
          ...(inputs ? { inputs } : {}),
          ...(outputs ? { outputs } : {}),
          ...(payment ? { requestParts: payment.requestParts } : {}),
          ...(proved?.zk ? { zk: proved.zk } : {}),
        }),
      );
      const keys = await this.keys.with('outputKeys', proof.keyId);
      const { commitmentHash } = location;
      const findings = checkOutput(text, record, { ...this.trust, keys, commitmentHash });
      return { text, findings, ...(proved?.alarm ? { alarm: proved.alarm } : {}) };
    } catch (cause) {
      if (cause instanceof AppError) throw cause;
      return unbuildable('the stored parts make no bundle', cause);
    }
  }
}
