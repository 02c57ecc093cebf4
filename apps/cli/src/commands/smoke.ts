import { randomUUID } from 'node:crypto';
import { explainReport, verifyEvidence } from '@touchstone/evidence';
import { exitCodes, type ExitCode } from '../exit-codes.js';
import { submitBatch } from '../stack/event-batches.js';
import { bundleAt } from '../stack/evidence.js';
import { statedTrust } from '../stack/export-trust.js';
import { baseUrl } from '../stack/running-stack.js';
import { requireBatchToken } from '../stack/token-of.js';

export interface SmokeOptions {
  readonly signer: string;
  readonly proofs: string;
  readonly timeout: number;
  readonly json: boolean;
}

/**
 * `touchstone smoke`: whether the parts of an installation fit together. One event is signed as a batch, gets its place in the log, and
 * its evidence is verified with the keys that the signer itself names. Nothing is paid, and nothing is proved to anybody else.
 */
export async function smokeCommand(options: SmokeOptions): Promise<ExitCode> {
  const [signer, proofs] = [baseUrl(options.signer), baseUrl(options.proofs)];
  const startedMs = performance.now();
  const id = `smoke/${randomUUID()}`;
  const event = JSON.stringify({ id, at: new Date().toISOString() });
  const batch = await submitBatch({ url: signer, token: requireBatchToken() }, 'event-batch-v2', [event]);
  const url = `${proofs}/v1/evidence/${batch.evidenceId}?event=${encodeURIComponent(id)}`;
  const evidence = await bundleAt(url, options.timeout * 1_000);
  const nowMs = Date.now();
  const trust = await statedTrust({ urls: { signer } });
  const report = verifyEvidence(evidence, { trust, nowMs });
  const works = report.result === 'VALID' && report.label !== 'L0';
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
  const exitCode = works ? exitCodes.ok : exitCodes.invalid;
  const verdict = works
    ? `Works: one event was signed, logged and verified in ${seconds} s, by the keys that the signer itself names.`
    : 'The evidence does not verify; the failed steps say where.';
  const { result, label } = report;
  const answer = {
    schema: 'touchstone.smoke.v1',
    result,
    label,
    batchId: batch.batchId,
    seconds: Number(seconds),
    exitCode,
  };
  process.stdout.write(
    options.json ? `${JSON.stringify(answer, null, 2)}\n` : `${explainReport(report)}\n${verdict}\n`,
  );
  return exitCode;
}
