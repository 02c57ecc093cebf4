import { disclosedTensors } from '../disclosed-tensors.js';
import type { StepDefinition } from '../step-definition.js';

export const subjectOutputs = {
  name: 'subject-outputs',
  meaning: 'The disclosed outputs are the ones that were signed.',
  of: 'output',
  class: 'core',
  run: ({ bundle: { subject } }) => disclosedTensors(subject.outputs, subject.proof.outputHash),
} as const satisfies StepDefinition;
