import type { SubmissionAnswer, SubmissionSummary } from '@touchstone/contracts/http/market';
import { formatAtomic } from '../stack/price.js';
import { printableLine } from '../terminal/printable.js';
import { table } from '../terminal/style.js';

/** Submissions, one a line. */
export function listing(submissions: readonly SubmissionSummary[]): string {
  const rows = submissions.map(({ id, state, name, version, developer, sizeBytes, submittedAt }) => [
    ...[id, state, `${name} ${version}`, developer, `${sizeBytes} bytes`, submittedAt],
  ]);
  return table([['SUBMISSION', 'STATE', 'MODEL', 'DEVELOPER', 'FILE', 'SUBMITTED'], ...rows]);
}

/** What whoever reviews a submission wants to know. */
export function describeSubmission(submission: SubmissionAnswer): string {
  const { manifest, modelSigning } = submission;
  const optional: [string, string | null | undefined][] = [
    ['reason', submission.reason],
    ['asked as', submission.modelId],
    ['contact', manifest.contact],
    ['signed by', modelSigning && `the key with the SHA-256 ${modelSigning.publicKeySha256}`],
  ];
  return table([
    ['submission', submission.id],
    ['state', submission.state],
    ['name', `${submission.name} ${submission.version}`],
    ['developer', submission.developer],
    ['description', printableLine(manifest.description)],
    ['licence', printableLine(manifest.licence)],
    ['price', formatAtomic(manifest.priceAtomic)],
    ['share', `${manifest.revenueShareBps / 100} %`],
    ['file', `${submission.sizeBytes} bytes, SHA-256 ${submission.modelSha256}`],
    ...optional.flatMap(([name, value]) => (value ? [[name, printableLine(value)]] : [])),
    ...submission.history.map(({ at, by, to, reason }) => [
      to,
      printableLine(`${at} by ${by}${reason === null ? '' : `: ${reason}`}`),
    ]),
  ]);
}
