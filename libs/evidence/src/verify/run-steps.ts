import type { Evidence } from './evidence.js';
import type { StepDefinition } from './step-definition.js';
import type { Outcome } from './outcome.js';
import { stepsOf, type Step, type StepName } from './step.js';

/** Runs the steps that concern the subject in the order of the list; one whose requirement has not passed says so instead. */
export function runSteps(evidence: Evidence): Step[] {
  const done: Step[] = [];
  const hasPassed = (required: StepDefinition): boolean =>
    done.some(({ name, status }) => name === required.name && status === 'pass');
  for (const [{ name, requires, run }, index] of turns(evidence)) {
    const isReady = !requires || requires.steps.every(hasPassed);
    const judge = run as (evidence: Evidence, index: number) => Outcome;
    const { status, ...facts } = isReady ? judge(evidence, index ?? 0) : requires.otherwise(evidence);
    done.push({ name, status, ...(index === undefined ? {} : { index }), ...facts });
  }
  return done;
}

type Turn = [step: StepDefinition<StepName>, index?: number];

/** Neighbours that speak of the same things take turns: all that is said of the first log proof, then of the second. */
function turns({ bundle }: Evidence): Turn[] {
  const steps = stepsOf(bundle.subject.kind);
  return steps.flatMap((step, place): Turn[] => {
    const { each } = step;
    if (!each || bundle[each].length === 0) return [[step]];
    if (steps[place - 1]?.each === each) return [];
    const neighbours = steps.filter((other) => other.each === each);
    return bundle[each].flatMap((_, index) => neighbours.map((neighbour): Turn => [neighbour, index]));
  });
}
