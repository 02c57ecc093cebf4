import { withoutInvisible } from '@touchstone/contracts';
import type { SubjectKind } from '../bundle/schema.js';
import { forKind } from './step-definition.js';
import { steps, type Step, type StepName, type StepStatus } from './step.js';
import type { ReportedSubject } from './subjects/reported.js';
import type { VerificationReport } from './verify-evidence.js';

const mark: Record<StepStatus | 'optional', string> = {
  optional: '!   ',
  pass: 'ok  ',
  fail: 'FAIL',
  absent: 'none',
  'not-checked': '?   ',
};

const meanings = new Map(steps.map(({ name, meaning }) => [name, meaning]));

/** One sentence on what a step shows of a kind of subject when it passes. */
export const stepMeaning = (name: StepName, kind: SubjectKind): string =>
  forKind(meanings.get(name) as string | Record<SubjectKind, string>, kind);

/** Writes a report for a reader: one line per step, the label, and what it does not show. */
export function explainReport(report: VerificationReport): string {
  // What cannot be read is about nothing; of it only the gate is reported, which is the same for every kind.
  const kind = report.subject?.kind ?? 'output';
  const lines = report.steps.flatMap((step) => stepLines(step, kind));
  const asOf = report.trustAsOf === null ? 'no trust file' : `trust file as of ${report.trustAsOf}`;
  return [
    ...lines,
    '',
    ...(report.subject ? [subjectLine(report.subject)] : []),
    `${report.result}  label ${report.label}  (${asOf}${report.trustedTime ? `; time from ${report.trustedTime.source}` : ''})`,
    ...report.remarks.map((remark) => `remark: ${remark}`),
  ].join('\n');
}

function subjectLine(subject: ReportedSubject): string {
  if (subject.kind === 'output')
    return `about an output of model version ${subject.modelVersionId}, key ${subject.keyId}`;
  const { eventId, format, batchTs, keyId, tenant } = subject;
  const named =
    eventId === null ? 'an event without an id' : `event ${withoutInvisible(JSON.stringify(eventId))}`;
  const of = tenant === null ? 'of no tenant' : `of tenant ${tenant}`;
  return `about ${named} ${of}, signed as ${format} at ${batchTs}, key ${keyId}`;
}

/** The texts quote the bundle: a hostile one could clear the screen, or start a line of its own that reads VALID. */
function stepLines(step: Step, kind: SubjectKind): string[] {
  const name = step.index === undefined ? step.name : `${step.name}[${step.index}]`;
  const head = `${step.optional ? mark.optional : mark[step.status]}  ${name.padEnd(24)} ${stepMeaning(step.name, kind)}`;
  if (step.status === 'pass') return [head, `      rests on ${withoutInvisible(step.restsOn)}`];
  const facts = [
    ...(step.detail === undefined ? [] : [`      ${withoutInvisible(step.detail)}`]),
    ...(step.expected === undefined ? [] : [`      expected ${withoutInvisible(step.expected)}`]),
    ...(step.actual === undefined ? [] : [`      actual   ${withoutInvisible(step.actual)}`]),
  ];
  return [head, ...facts];
}
