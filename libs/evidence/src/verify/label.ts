import type { PassedAnchor } from '../anchors/kind.js';
import type { SubjectKind } from '../bundle/schema.js';
import type { TrustedCircuit } from '../trust/prepared-trust.js';
import { forKind, type StepDefinition } from './step-definition.js';
import { isFailure, stepsOf, type Step, type StepName } from './step.js';

/** Labels that version 1 awards, the lowest first. L3 and L4 need evidence that this version does not carry. */
export const labels = ['L0', 'L1', 'L2-test', 'L2', 'L5-test', 'L5', 'L6-test', 'L6'] as const;
export type Label = (typeof labels)[number];
/** Labels that may be asked for. */
export const requirableLabels = ['L0', 'L1', 'L2', 'L5', 'L6'] as const;
export type RequirableLabel = (typeof requirableLabels)[number];

/** What a proof of the execution adds to the label of what is anchored, by who set up its circuit. */
const PROVEN = {
  single: { L2: 'L5', 'L2-test': 'L5-test' },
  many: { L2: 'L6', 'L2-test': 'L6-test' },
} as const;

const lowestLabel = ({ label }: StepDefinition, kind: SubjectKind): 'L1' | 'L2' | undefined =>
  label && forKind(label, kind);

/** The steps that must pass for a label of a kind of subject; of those that speak of several things, what they say of one. */
export const stepsForLabel = (required: 'L1' | 'L2', kind: SubjectKind): readonly StepName[] =>
  stepsOf(kind).flatMap((step) => {
    const label = lowestLabel(step, kind);
    return label === 'L1' || label === required ? step.name : [];
  });

/**
 * The highest level all of whose steps passed. Level 2 needs one log proof whose steps and anchor all passed; anchors
 * on test networks give `L2-test`.
 *
 * @param highest the most that may be awarded, `L1` where the witnesses that were asked for are missing
 */
export function labelOf(
  kind: SubjectKind,
  reported: readonly Step[],
  passedAnchors: readonly PassedAnchor[],
  highest: 'L1' | 'L2' = 'L2',
): Label {
  const passes = ({ name, each }: StepDefinition, logProof: number): boolean =>
    reported.some(
      (step) =>
        step.name === name && step.status === 'pass' && (each !== 'logProofs' || step.index === logProof),
    );
  const passesAll = (label: 'L1' | 'L2', logProof = 0): boolean =>
    stepsOf(kind).every(
      (step) => lowestLabel(step, kind) !== label || step.each === 'anchors' || passes(step, logProof),
    );
  if (reported.some(isFailure) || !passesAll('L1')) return 'L0';
  const covering = passedAnchors.filter(({ logProof }) => highest === 'L2' && passesAll('L2', logProof));
  if (covering.some(({ test }) => !test)) return 'L2';
  return covering.length > 0 ? 'L2-test' : 'L1';
}

/**
 * The label of what is proved to have been computed by the model: L5, or L6 where no single party could forge proofs for its
 * circuit. What is not anchored stays what it is.
 */
export function provenLabel(label: Label, { isSetUpByMany }: TrustedCircuit): Label {
  if (label !== 'L2' && label !== 'L2-test') return label;
  return PROVEN[isSetUpByMany ? 'many' : 'single'][label];
}

/** Whether `label` is enough for `required`; a test network counts only when it was allowed. */
export function satisfies(label: Label, required: RequirableLabel, allowTest: boolean): boolean {
  const [level, test] = label.split('-') as [RequirableLabel, string | undefined];
  if (test !== undefined && !allowTest) return labels.indexOf('L1') >= labels.indexOf(required);
  return labels.indexOf(level) >= labels.indexOf(required);
}
