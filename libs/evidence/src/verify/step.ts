/**
 * The steps of a verification in the order in which a reader follows them. The names are part of the interface:
 * tools match on them.
 */
export const stepNames = [
  'gate',
  'subject-inputs',
  'subject-outputs',
  'context',
  'payment',
  'key',
  'signature',
  'key-state',
  'commitment',
  'inclusion',
  'entry-match',
  'log-inclusion',
  'checkpoint-signature',
  'anchor',
  'log-uniqueness',
] as const;
export type StepName = (typeof stepNames)[number];

export type StepStatus = 'pass' | 'fail' | 'absent' | 'not-checked';

/** One named step with what was expected, what was found, and what the result rests on. */
export interface Step {
  readonly name: StepName;
  /** Which of several, for example `0` for the first anchor. */
  readonly index?: number;
  readonly status: StepStatus;
  /** True of a failed side step: it counts for nothing and condemns nothing. Any holder may remove what it is about. */
  readonly optional?: true;
  readonly expected?: string;
  readonly actual?: string;
  /** Whom or what a `pass` has to believe. */
  readonly restsOn: string;
  /** Why it failed or was not checked; begins with a reason in the protocol's words where there is one. */
  readonly detail?: string;
}

/** What a pass rests on when nobody has to be believed. */
export const ARITHMETIC = 'arithmetic alone (SHA-256)';

type Facts = Omit<Step, 'status' | 'name'>;

export const pass = (name: StepName, facts: Facts): Step => ({ name, status: 'pass', ...facts });
export const fail = (name: StepName, facts: Facts & { detail: string }): Step => ({
  name,
  status: 'fail',
  ...facts,
});
/** A side step that fails: what it is about is false, and the rest stands (protocol section 12). */
export const failOptional = (name: StepName, facts: Facts & { detail: string }): Step => ({
  ...fail(name, facts),
  optional: true,
});
export const absent = (name: StepName, facts: Facts): Step => ({ name, status: 'absent', ...facts });
export const notChecked = (name: StepName, facts: Facts & { detail: string }): Step => ({
  name,
  status: 'not-checked',
  ...facts,
});

/** `pass` when the two texts are equal, else `fail`; both are shown. */
export function equalStep(
  name: StepName,
  facts: { expected: string; actual: string; restsOn: string; detail: string; index?: number },
): Step {
  const { detail, ...shown } = facts;
  return facts.expected === facts.actual ? pass(name, shown) : fail(name, { ...shown, detail });
}

/** Whether a step condemns the evidence. */
export const isFailure = ({ status, optional }: Step): boolean => status === 'fail' && !optional;

/** Whether a step failed without condemning the evidence. */
export const isOptionalFailure = ({ status, optional }: Step): boolean =>
  status === 'fail' && optional === true;
