import { withoutInvisible } from '@touchstone/contracts';
import type { Step, StepName, StepStatus } from './step.js';
import type { VerificationReport } from './verify-evidence.js';

const meaning: Record<StepName, string> = {
  gate: 'The text is strict JSON of the closed schema.',
  'subject-inputs': 'The disclosed inputs are the ones that were signed.',
  'subject-outputs': 'The disclosed outputs are the ones that were signed.',
  context: 'Request, payment, node and build are the ones that the nonce commits to.',
  payment: 'The disclosed request is the one that the payment was bound to.',
  key: 'The signing key is one that you trust for outputs.',
  signature: 'The key signed model version, input, output, nonce and time.',
  'key-state': 'The key was valid at that time.',
  commitment: 'The model version was committed to this key.',
  inclusion: 'The signed output is a leaf of the batch.',
  'entry-match': 'The log entry describes this batch and nothing else.',
  'log-inclusion': 'The batch stands in the transparency log.',
  'checkpoint-signature': 'The log signed the checkpoint that covers it.',
  anchor: 'A chain stored the hash of the checkpoint.',
  'log-uniqueness': 'Independent witnesses saw the same log.',
};

const mark: Record<StepStatus | 'optional', string> = {
  optional: '!   ',
  pass: 'ok  ',
  fail: 'FAIL',
  absent: 'none',
  'not-checked': '?   ',
};

/** One sentence on what a step shows when it passes. */
export function stepMeaning(name: StepName): string {
  return meaning[name];
}

/** Writes a report for a reader: one line per step, the label, and what it does not show. */
export function explainReport(report: VerificationReport): string {
  const lines = report.steps.flatMap((step) => stepLines(step));
  const asOf = report.trustAsOf === null ? 'no trust file' : `trust file as of ${report.trustAsOf}`;
  return [
    ...lines,
    '',
    `${report.result}  label ${report.label}  (${asOf}${report.trustedTime ? `; time from ${report.trustedTime.source}` : ''})`,
    ...report.remarks.map((remark) => `remark: ${remark}`),
  ].join('\n');
}

/** The texts quote the bundle: a hostile one could clear the screen, or start a line of its own that reads VALID. */
function stepLines(step: Step): string[] {
  const name = step.index === undefined ? step.name : `${step.name}[${step.index}]`;
  const head = `${step.optional ? mark.optional : mark[step.status]}  ${name.padEnd(24)} ${meaning[step.name]}`;
  if (step.status === 'pass') return [head, `      rests on ${withoutInvisible(step.restsOn)}`];
  const facts = [
    ...(step.detail === undefined ? [] : [`      ${withoutInvisible(step.detail)}`]),
    ...(step.expected === undefined ? [] : [`      expected ${withoutInvisible(step.expected)}`]),
    ...(step.actual === undefined ? [] : [`      actual   ${withoutInvisible(step.actual)}`]),
  ];
  return [head, ...facts];
}
