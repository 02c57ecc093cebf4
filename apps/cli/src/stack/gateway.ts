import {
  commitmentList,
  modelDetail,
  modelPage,
  type ModelDetail,
  type ModelSummary,
} from '@touchstone/contracts/http/inference-gateway';
import { fetchJson, urlOf, type ServiceUrls } from './running-stack.js';

/** All models, page by page. */
export async function listModels(stack: ServiceUrls): Promise<ModelSummary[]> {
  const models: ModelSummary[] = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? '' : `?cursor=${encodeURIComponent(cursor)}`;
    const page = await fetchJson(`${modelsUrl(stack)}${query}`, modelPage);
    models.push(...page.models);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return models;
}

/** One model. */
export function showModel(stack: ServiceUrls, id: string): Promise<ModelDetail> {
  return fetchJson(modelUrl(stack, id), modelDetail);
}

/** Hashes of every commitment of a model version, newest first. */
export async function commitmentHashes(stack: ServiceUrls, id: string): Promise<string[]> {
  const { items } = await fetchJson(`${modelUrl(stack, id)}/commitments`, commitmentList);
  return items.map(({ commitmentHash }) => commitmentHash);
}

/** Where the gateway lists models and takes new ones. */
export function modelsUrl(stack: ServiceUrls): string {
  return `${urlOf(stack, 'inference-gateway')}/v1/models`;
}

/** Where the gateway tells of one model. */
export function modelUrl(stack: ServiceUrls, id: string): string {
  return `${modelsUrl(stack)}/${encodeURIComponent(id)}`;
}
