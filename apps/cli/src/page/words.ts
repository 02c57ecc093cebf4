import type { Label, SubjectKind, VerificationReport } from '@touchstone/evidence';

/** What a page says of each kind of subject. */
export const subjectWords = {
  output: {
    l1: 'A key that you trust signed model version, input, output, request and time.',
    what: 'the output',
    leaf: 'signed output',
    leafIs: 'The signed output is leaf',
  },
  event: {
    l1: 'A key that you trust signed the batch that holds this event, and its time.',
    what: 'the event',
    leaf: 'event',
    leafIs: 'The event is leaf',
  },
} as const satisfies Readonly<Record<SubjectKind, object>>;

const labelMeaning: Readonly<Record<Exclude<Label, 'L1'>, string>> = {
  L0: 'Nothing is shown.',
  'L2-test':
    'A key that you trust signed it, and it stood in the log before its anchor, which your trust file marks as a test: it proves nothing to others.',
  L2: 'A key that you trust signed it, and it stood in the log before its anchor.',
};

/** What a label shows of the subject of a report. */
export const meaningOf = ({ label, subject }: VerificationReport): string =>
  label === 'L1' ? subjectWords[subject?.kind ?? 'output'].l1 : labelMeaning[label];
