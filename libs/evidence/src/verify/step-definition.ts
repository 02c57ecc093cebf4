import type { Evidence } from './evidence.js';
import type { CoreOutcome, Outcome } from './outcome.js';

/** One step of the verification, in a file of its own; its place in the list of `step.ts` is where it is reported. */
export type StepDefinition<Name extends string = string> = Described<Name> & (CoreStep | SideStep);

interface Described<Name extends string> {
  /** Part of the interface: tools match on it. */
  readonly name: Name;
  /** One sentence on what it shows when it passes. */
  readonly meaning: string;
  /** The lowest label that needs it to pass; left out where none does, as of what may be withheld. */
  readonly label?: 'L1' | 'L2';
  /** What it speaks of one by one, with an index; once and without one where the bundle has none. */
  readonly each?: 'logProofs' | 'anchors';
  /** Steps before it that must have passed, one by one or for one of theirs, and what it says where one has not. */
  readonly requires?: {
    readonly steps: readonly StepDefinition[];
    readonly otherwise: (evidence: Evidence) => CoreOutcome;
  };
}

/** A step whose failure makes the evidence INVALID, whatever else it holds (protocol section 12). */
interface CoreStep {
  readonly class: 'core';
  readonly run: (evidence: Evidence, index: number) => CoreOutcome;
}

/** A step whose failure may condemn only what it is about. */
interface SideStep {
  readonly class: 'side';
  readonly run: (evidence: Evidence, index: number) => Outcome;
}
