import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadModels } from '../../src/adapters/model-folder/load-models.js';
import type { Model } from '../../src/domain/model/model.js';
import type { Preparers } from '../../src/domain/request/preparers.js';

/** The folder of the sample models. */
export const modelsFolder = fileURLToPath(new URL('../../../../models/', import.meta.url));

/** The sample models by id. */
export async function sampleModels(): Promise<ReadonlyMap<string, Model>> {
  return new Map((await loadModels(modelsFolder)).map((model) => [model.manifest.id, model]));
}

/** The first held-out row of a sample model. */
export function heldOutRow(id: string): { label: number; values: number[] } {
  const text = readFileSync(`${modelsFolder}${id}/held-out.json`, 'utf8');
  return (JSON.parse(text) as { rows: { label: number; values: number[] }[] }).rows[0] as {
    label: number;
    values: number[];
  };
}

/** A model of a sample with another modelVersionId. */
export function withVersionId(model: Model | undefined, modelVersionId: string): Model {
  if (!model) throw new Error('There is no such sample model.');
  return { ...model, modelVersionId };
}

const unprepared = () => Promise.reject(new Error('Nothing is prepared here.'));

/** Of tests in which nobody sends a picture, or a text to a tokenizer. */
export const noPreparers: Preparers = { image: unprepared, tokens: unprepared };
