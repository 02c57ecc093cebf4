import { disclosedTensors } from '../disclosed-tensors.js';
import type { StepDefinition } from '../step-definition.js';

export const subjectInputs = {
  name: 'subject-inputs',
  meaning: 'The disclosed inputs are the ones that were signed.',
  of: 'output',
  class: 'core',
  run: ({ bundle: { subject } }) => disclosedTensors(subject.inputs, subject.proof.inputHash),
} as const satisfies StepDefinition;
