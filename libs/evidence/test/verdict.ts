import { AppError } from '@touchstone/contracts';
import type { IndependentReport } from '@touchstone/testing';
import { readTrustFile, verifyEvidence, type TrustFile } from '../src/index.js';
import { NOW_MS } from './fixture.js';
import { reasonOf } from './golden/run.js';

/** The trust file that was read last, since many bundles come with one. */
let last: { readonly text: string; readonly file: TrustFile | 'refused' } | undefined;

function trustOf(text: string): TrustFile | 'refused' {
  if (last?.text === text) return last.file;
  let file: TrustFile | 'refused' = 'refused';
  try {
    file = readTrustFile(text);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'config-invalid') throw error;
  }
  last = { text, file };
  return file;
}

/** What two verifiers must agree on, as one text. */
export function ourVerdict(bundle: string, trust: string | null): string {
  const file = trust === null ? undefined : trustOf(trust);
  if (file === 'refused') return 'trust file refused';
  const report = verifyEvidence(bundle, { ...(file ? { trust: file } : {}), nowMs: NOW_MS });
  return verdict(
    report,
    report.steps.map(({ name, ...step }) => ({ step: name, ...step })),
  );
}

/** The same of the verifier that shares no code with ours. */
export function theirVerdict(report: IndependentReport | { readonly refused: string } | undefined): string {
  if (!report) return 'no answer';
  if ('refused' in report) return 'trust file refused';
  return 'steps' in report ? verdict(report, report.steps) : JSON.stringify(report);
}

/** Of an event the reasons are part of the answer (protocol section 12); only of one are there no steps of an output. */
const isEvent = (steps: readonly { readonly step: string }[]): boolean =>
  steps.length > 1 && !steps.some(({ step }) => step === 'commitment');

function verdict(
  { result, label, remarks }: Pick<IndependentReport, 'remarks'> & { result: string; label: string },
  steps: readonly {
    readonly step: string;
    readonly status: string;
    readonly optional?: true;
    readonly detail?: string;
  }[],
): string {
  const reason = isEvent(steps) ? (detail?: string) => ` ${reasonOf(detail)}` : () => '';
  const failed = steps
    .filter(({ status }) => status === 'fail')
    .map(({ step, optional, detail }) => (optional ? `${step} (optional)` : `${step}${reason(detail)}`));
  const names = (texts: readonly string[]): string => [...new Set(texts)].sort().join(', ') || 'none';
  return `${result} ${label}; failed ${names(failed)}; remarks ${names(remarks)}`;
}
