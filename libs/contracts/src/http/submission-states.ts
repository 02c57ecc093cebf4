/** How far a submission is. `refused` by the checks, `rejected` by who reviewed it; `approved` is a model of the market. */
export const submissionStates = [
  'submitted',
  'validating',
  'awaiting-review',
  'refused',
  'approved',
  'rejected',
] as const;
export type SubmissionState = (typeof submissionStates)[number];
