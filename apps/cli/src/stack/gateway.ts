import type { StackDescription } from '@touchstone/embedded';
import { fetchJson, urlOf } from './running-stack.js';

/** A model as the gateway lists it. */
export interface ModelSummary {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly modelVersionId: string;
  readonly description: string;
  readonly task: string;
  readonly status: string;
  readonly price: { readonly amount: string; readonly asset: string; readonly network: string } | null;
}

/** A tensor as a model declares it; without a shape it may have any. */
export interface ModelTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape?: readonly number[];
  readonly labels?: readonly string[];
}

/** A model with its tensors, hashes and commitment. */
export interface ModelDetail extends ModelSummary {
  readonly developer: string;
  readonly modelHash: string;
  readonly sizeBytes: number;
  readonly inputs: readonly ModelTensor[];
  readonly outputs: readonly ModelTensor[];
  readonly commitmentHash: string | null;
}

/** All models, page by page. */
export async function listModels(stack: StackDescription): Promise<ModelSummary[]> {
  const base = `${urlOf(stack, 'inference-gateway')}/v1/models`;
  const models: ModelSummary[] = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? '' : `?cursor=${encodeURIComponent(cursor)}`;
    const page: { models: ModelSummary[]; nextCursor: string | null } = await fetchJson(`${base}${query}`);
    models.push(...page.models);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return models;
}

/** One model. */
export function showModel(stack: StackDescription, id: string): Promise<ModelDetail> {
  return fetchJson(`${urlOf(stack, 'inference-gateway')}/v1/models/${encodeURIComponent(id)}`);
}

/** Hashes of every commitment of a model version, newest first. */
export async function commitmentHashes(stack: StackDescription, id: string): Promise<string[]> {
  const url = `${urlOf(stack, 'inference-gateway')}/v1/models/${encodeURIComponent(id)}/commitments`;
  const { items } = await fetchJson<{ items: { commitmentHash: string }[] }>(url);
  return items.map(({ commitmentHash }) => commitmentHash);
}

/** The part of an inference answer that the command line shows. */
export interface InferAnswer {
  readonly verificationId: string;
  readonly model: { readonly id: string; readonly version: string; readonly modelVersionId: string };
  readonly outputs: readonly {
    readonly name: string;
    readonly datatype: string;
    readonly shape: number[];
    readonly data: readonly (boolean | number | string)[];
  }[];
  readonly prediction?: { readonly label: string; readonly index: number; readonly score: number };
  readonly payment: { readonly amount: string; readonly payer: string } | null;
  readonly timing: { readonly inferenceMs: number; readonly totalMs: number };
}
