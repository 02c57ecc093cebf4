import type { SubjectKind } from '../bundle/schema.js';
import type { Outcome } from './outcome.js';
import type { StepDefinition } from './step-definition.js';
import { anchor } from './steps/anchor.js';
import { checkpointSignature } from './steps/checkpoint-signature.js';
import { commitment } from './steps/commitment.js';
import { context } from './steps/context.js';
import { entryMatch } from './steps/entry-match.js';
import { gate } from './steps/gate.js';
import { inclusion } from './steps/inclusion.js';
import { keyState } from './steps/key-state.js';
import { key } from './steps/key.js';
import { logInclusion } from './steps/log-inclusion.js';
import { logUniqueness } from './steps/log-uniqueness.js';
import { payment } from './steps/payment.js';
import { signature } from './steps/signature.js';
import { subjectInputs } from './steps/subject-inputs.js';
import { subjectOutputs } from './steps/subject-outputs.js';
import { zk } from './steps/zk.js';

const listed = [
  gate,
  subjectInputs,
  subjectOutputs,
  context,
  payment,
  key,
  signature,
  keyState,
  commitment,
  inclusion,
  entryMatch,
  logInclusion,
  checkpointSignature,
  logUniqueness,
  anchor,
  zk,
] as const;

export type StepName = (typeof listed)[number]['name'];

/** The steps of a verification in the order in which they run and a reader follows them; all else is derived from it. */
export const steps: readonly StepDefinition<StepName>[] = listed;

const concerning = (kind: SubjectKind) => steps.filter(({ of }) => of === undefined || of === kind);
const byKind = { output: concerning('output'), event: concerning('event') };

/** The steps that are reported of a kind of subject. */
export const stepsOf = (kind: SubjectKind): readonly StepDefinition<StepName>[] => byKind[kind];

export const stepNames: readonly StepName[] = steps.map(({ name }) => name);

export type { StepStatus } from './outcome.js';

/** One named step of a report. */
export interface Step extends Outcome {
  readonly name: StepName;
  /** Which of several, for example `0` for the first anchor. */
  readonly index?: number;
}

/** Whether a step condemns the evidence. */
export const isFailure = ({ status, optional }: Step): boolean => status === 'fail' && !optional;

/** Whether a step failed without condemning the evidence. */
export const isOptionalFailure = ({ status, optional }: Step): boolean =>
  status === 'fail' && optional === true;
