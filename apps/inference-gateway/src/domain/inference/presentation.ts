import type { OutputType } from '@touchstone/contracts/http/inference-gateway';
import type { Model } from '../model/model.js';
import { outputTypeOf } from '../model/output-type.js';
import type { AnswerTensor } from './answer.js';

/** Most labels that an answer is shown with. */
export const SHOWN_LABELS_MAX = 5;

/** The outputs in the words of what the model is for. It stands beside what is signed and changes nothing of it. */
export interface Presentation {
  readonly outputType: OutputType;
  /** The most likely labels of a classification, the likeliest first. */
  readonly labels?: readonly { readonly label: string; readonly score: number }[];
  /** The number that a regression gave. */
  readonly value?: number;
  /** How many numbers an embedding has. */
  readonly dimension?: number;
}

/** Undefined where there is nothing to be said about the outputs but themselves. */
export function presentationOf(model: Model, outputs: readonly AnswerTensor[]): Presentation | undefined {
  const outputType = outputTypeOf(model.manifest);
  const [first] = outputs;
  switch (outputType) {
    case 'classification':
      return { outputType, labels: likeliest(model, outputs) };
    case 'regression':
      return { outputType, ...(first?.data.length === 1 ? { value: Number(first.data[0]) } : {}) };
    case 'embedding': {
      const dimension = first?.shape.at(-1);
      return { outputType, ...(dimension === undefined ? {} : { dimension }) };
    }
    case 'tensor':
      return undefined;
  }
}

/** Of the first output that has one label for each element; the first of equal ones stands first. */
function likeliest(model: Model, outputs: readonly AnswerTensor[]): NonNullable<Presentation['labels']> {
  for (const { name, labels } of model.manifest.outputs) {
    const scores = outputs.find((output) => output.name === name)?.data.map(Number);
    if (!labels || scores?.length !== labels.length) continue;
    return scores
      .map((score, index) => ({ label: labels[index] as string, score }))
      .sort((left, right) => right.score - left.score)
      .slice(0, SHOWN_LABELS_MAX);
  }
  return [];
}
