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

/** Whom a proof of the execution rests on. */
const PROVEN_BY_ONE = 'Whoever set up its circuit could forge that proof.';
const PROVEN_BY_MANY = 'Only all who set up its circuit together could forge that proof.';

const labelMeaning: Readonly<Record<Exclude<Label, 'L1'>, string>> = {
  L0: 'Nothing is shown.',
  'L2-test':
    'A key that you trust signed it, and it stood in the log before its anchor, which your trust file marks as a test: it proves nothing to others.',
  L2: 'A key that you trust signed it, and it stood in the log before its anchor.',
  'L5-test': `As L5, by an anchor that your trust file marks as a test: it proves nothing to others about time. ${PROVEN_BY_ONE}`,
  L5: `A key that you trust signed it, it stood in the log before its anchor, and the model itself gave the output. ${PROVEN_BY_ONE}`,
  'L6-test': `As L6, by an anchor that your trust file marks as a test: it proves nothing to others about time. ${PROVEN_BY_MANY}`,
  L6: `A key that you trust signed it, it stood in the log before its anchor, and the model itself gave the output. ${PROVEN_BY_MANY}`,
};

/** What a label shows of the subject of a report. */
export const meaningOf = ({ label, subject }: VerificationReport): string =>
  label === 'L1' ? subjectWords[subject?.kind ?? 'output'].l1 : labelMeaning[label];
