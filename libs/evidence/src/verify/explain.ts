import { withoutInvisible } from '@touchstone/contracts';
import { steps, type Step, type StepName, type StepStatus } from './step.js';
import type { VerificationReport } from './verify-evidence.js';

const mark: Record<StepStatus | 'optional', string> = {
  optional: '!   ',
  pass: 'ok  ',
  fail: 'FAIL',
  absent: 'none',
  'not-checked': '?   ',
};

const meanings = new Map(steps.map(({ name, meaning }) => [name, meaning]));

/** One sentence on what a step shows when it passes. */
export const stepMeaning = (name: StepName): string => meanings.get(name) as string;

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
  const head = `${step.optional ? mark.optional : mark[step.status]}  ${name.padEnd(24)} ${stepMeaning(step.name)}`;
  if (step.status === 'pass') return [head, `      rests on ${withoutInvisible(step.restsOn)}`];
  const facts = [
    ...(step.detail === undefined ? [] : [`      ${withoutInvisible(step.detail)}`]),
    ...(step.expected === undefined ? [] : [`      expected ${withoutInvisible(step.expected)}`]),
    ...(step.actual === undefined ? [] : [`      actual   ${withoutInvisible(step.actual)}`]),
  ];
  return [head, ...facts];
}
