export type StepStatus = 'pass' | 'fail' | 'absent' | 'not-checked';

/** What a step says: what was expected, what was found, and what the result rests on. */
export interface Outcome {
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

/** The only kind of outcome that a core step has: where it fails, it condemns. */
export type CoreOutcome = Outcome & { readonly optional?: never };

type Facts = Omit<CoreOutcome, 'status' | 'optional'>;
type Explained = Facts & { readonly detail: string };

/** What a pass rests on when nobody has to be believed. */
export const ARITHMETIC = 'arithmetic alone (SHA-256)';

export const pass = (facts: Facts): CoreOutcome => ({ status: 'pass', ...facts });
export const fail = (facts: Explained): CoreOutcome => ({ status: 'fail', ...facts });
/** A side step that fails: what it is about is false, and the rest stands (protocol section 12). */
export const failOptional = (facts: Explained): Outcome => ({ ...fail(facts), optional: true });
export const absent = (facts: Facts): CoreOutcome => ({ status: 'absent', ...facts });
export const notChecked = (facts: Explained): CoreOutcome => ({ status: 'not-checked', ...facts });

/** `pass` when it holds, else `fail` with the reason; both show the same facts. */
export const passIf = (holds: boolean, facts: Facts, detail: string): CoreOutcome =>
  holds ? pass(facts) : fail({ ...facts, detail });

/** `pass` when the two texts are equal, else `fail`; both are shown. */
export const passIfEqual = (
  facts: Facts & { readonly expected: string; readonly actual: string },
  detail: string,
): CoreOutcome => passIf(facts.expected === facts.actual, facts, detail);
