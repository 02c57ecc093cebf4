import type { OutputBundle, SubjectKind } from '../bundle/schema.js';
import type { Evidence } from './evidence.js';
import type { CoreOutcome, Outcome } from './outcome.js';

/** One step of the verification, in a file of its own; its place in the list of `step.ts` is where it is reported. */
export type StepDefinition<Name extends string = string> = Described<Name> &
  (
    | (OfEveryKind & (CoreStep<Evidence> | SideStep<Evidence>))
    | (OfOutputs & (CoreStep<Evidence<OutputBundle>> | SideStep<Evidence<OutputBundle>>))
  );

interface Described<Name extends string> {
  /** Part of the interface: tools match on it. */
  readonly name: Name;
  /** One sentence on what it shows when it passes. */
  readonly meaning: PerKind<string>;
  /** The lowest label that needs it to pass; left out where none does, as of what may be withheld. */
  readonly label?: PerKind<'L1' | 'L2'>;
  /** What it speaks of one by one, with an index; once and without one where the bundle has none. */
  readonly each?: 'logProofs' | 'anchors';
  /** Steps before it that must have passed, one by one or for one of theirs, and what it says where one has not. */
  readonly requires?: {
    readonly steps: readonly StepDefinition[];
    readonly otherwise: (evidence: Evidence) => CoreOutcome;
  };
}

/** What is the same for each kind of subject, or not. */
type PerKind<Value> = Value | Readonly<Record<SubjectKind, Value>>;

/** What holds of a kind of subject. */
export function forKind<Value extends string>(value: PerKind<Value>, kind: SubjectKind): Value {
  return typeof value === 'string' ? value : value[kind];
}

interface OfEveryKind {
  readonly of?: never;
}

/** Of another kind of subject nothing is said under its name. */
interface OfOutputs {
  readonly of: 'output';
}

/** A step whose failure makes the evidence INVALID, whatever else it holds (protocol section 12). */
interface CoreStep<Judged> {
  readonly class: 'core';
  readonly run: (evidence: Judged, index: number) => CoreOutcome;
}

/** A step whose failure may condemn only what it is about. */
interface SideStep<Judged> {
  readonly class: 'side';
  readonly run: (evidence: Judged, index: number) => Outcome;
}
