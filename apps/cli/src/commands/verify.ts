import {
  EVIDENCE_BYTES_MAX,
  explainReport,
  satisfies,
  verifyEvidence,
  type RequirableLabel,
  type VerificationReport,
} from '@touchstone/evidence';
import { exitCodes, type ExitCode } from '../exit-codes.js';
import { loadTrustFile } from '../load-trust-file.js';
import { readInput } from '../terminal/files.js';
import { requireNoProblem } from '../terminal/problem.js';

export interface VerifyCommandOptions {
  readonly trust?: string;
  readonly require: RequirableLabel;
  readonly allowTest: boolean;
  readonly strict: boolean;
  readonly json: boolean;
}

/** `touchstone verify`: offline, with no service of ours; the exit code is the answer. */
export async function verifyCommand(path: string, options: VerifyCommandOptions): Promise<ExitCode> {
  const text = await readInput(path, EVIDENCE_BYTES_MAX);
  requireNoProblem(text, path);
  const trust = options.trust === undefined ? undefined : await loadTrustFile(options.trust);
  const { strict } = options;
  const report = verifyEvidence(text, { ...(trust ? { trust } : {}), nowMs: Date.now(), strict });
  const enough = trust !== undefined && satisfies(report.label, options.require, options.allowTest);
  const exitCode = exitCodeOf(report, options, enough);
  if (options.json) {
    process.stdout.write(
      `${JSON.stringify({ schema: 'touchstone.verification.v1', ...report, required: options.require, satisfied: exitCode === 0, exitCode }, null, 2)}\n`,
    );
  } else {
    process.stdout.write(`${explainReport(report)}\n${verdict(report, options, exitCode)}\n`);
  }
  return exitCode;
}

function exitCodeOf(report: VerificationReport, options: VerifyCommandOptions, enough: boolean): ExitCode {
  if (report.result === 'INVALID') return exitCodes.invalid;
  if (enough) return exitCodes.ok;
  const anchorMissing = report.steps.some(({ name, status }) => name === 'anchor' && status === 'absent');
  return isAnchorNeeded(options) && anchorMissing && report.label === 'L1'
    ? exitCodes.pending
    : exitCodes.invalid;
}

const isAnchorNeeded = ({ require }: VerifyCommandOptions): boolean => require !== 'L0' && require !== 'L1';

function verdict(report: VerificationReport, options: VerifyCommandOptions, exitCode: ExitCode): string {
  if (exitCode === exitCodes.ok) return `Enough for ${options.require}.`;
  if (exitCode === exitCodes.pending)
    return 'Pending: the evidence carries no anchor yet. Fetch the bundle again later.';
  if (report.result === 'INVALID') {
    return report.steps.some(({ status, optional }) => status === 'fail' && optional !== true)
      ? 'The evidence does not verify; the failed steps say where.'
      : 'The evidence holds a false part, which --strict refuses.';
  }
  if (!options.trust)
    return 'Nothing is proven without a trust file: give one with --trust (docs/trust-files.md says where from).';
  if (satisfies(report.label, options.require, true)) {
    return 'The anchor stands on a test network; --allow-test accepts that.';
  }
  return `Not enough for ${options.require}: the steps marked ? or none were not proven.`;
}
