import type { PassedAnchor } from './anchor.js';
import { isFailure, type Step, type StepName } from './step.js';

/** Labels that version 1 awards. L3 to L6 need evidence that this version does not carry. */
export const labels = ['L0', 'L1', 'L2-test', 'L2'] as const;
export type Label = (typeof labels)[number];

const L1_STEPS: readonly StepName[] = ['gate', 'context', 'key', 'signature', 'key-state', 'commitment'];
const L2_STEPS: readonly StepName[] = ['inclusion', 'entry-match'];

/**
 * The highest level all of whose steps passed. Level 2 needs one log proof whose inclusion, checkpoint signature
 * and anchor all passed; anchors on test networks give `L2-test`.
 *
 * @param highest the most that may be awarded, `L1` where the witnesses that were asked for are missing
 */
export function labelOf(
  steps: readonly Step[],
  passedAnchors: readonly PassedAnchor[],
  highest: 'L1' | 'L2' = 'L2',
): Label {
  const passes = (name: StepName, index?: number): boolean =>
    steps.some(
      (step) => step.name === name && step.status === 'pass' && (index === undefined || step.index === index),
    );
  if (steps.some(isFailure) || !L1_STEPS.every((name) => passes(name))) return 'L0';
  if (highest === 'L1' || !L2_STEPS.every((name) => passes(name))) return 'L1';
  const covering = passedAnchors.filter(
    ({ logProof }) => passes('log-inclusion', logProof) && passes('checkpoint-signature', logProof),
  );
  if (covering.some(({ test }) => !test)) return 'L2';
  return covering.length > 0 ? 'L2-test' : 'L1';
}

/** Whether `label` is enough for `required`; a test network counts only when it was allowed. */
export function satisfies(label: Label, required: 'L0' | 'L1' | 'L2', allowTest: boolean): boolean {
  if (label === 'L2-test') return required !== 'L2' || allowTest;
  return labels.indexOf(label) >= labels.indexOf(required);
}
