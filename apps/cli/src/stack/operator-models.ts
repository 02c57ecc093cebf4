import {
  modelDetail,
  type ModelDetail,
  type SentManifest,
} from '@touchstone/contracts/http/inference-gateway';
import type { StackDescription } from '@touchstone/embedded';
import { modelsUrl, modelUrl } from './gateway.js';
import { ShownFile } from '../terminal/shown-file.js';
import { fetchJson } from './running-stack.js';

/** Milliseconds that a model may take to be added: its file is sent, tried and stored. */
const ADD_TIMEOUT_MS = 900_000;

/**
 * Adds a model to the running stack; what its owner does not say of it gets the gateway's default.
 *
 * @param parts the files about the pictures or texts that it takes, by their names
 * @throws CommandError `io` with what the gateway refused
 */
export function addModel(
  stack: StackDescription,
  token: string,
  manifest: SentManifest,
  model: Blob,
  parts: ReadonlyMap<string, Uint8Array> = new Map(),
): Promise<ModelDetail> {
  const form = new FormData();
  form.set('manifest', JSON.stringify(manifest));
  for (const [name, part] of parts) form.set(name, new Blob([part as Uint8Array<ArrayBuffer>]), name);
  form.set('model', new ShownFile(model, 'model.onnx'));
  const headers = { authorization: `Bearer ${token}` };
  return fetchJson(modelsUrl(stack), modelDetail, { method: 'POST', headers, body: form }, ADD_TIMEOUT_MS);
}

/** Retires a model that was added. @throws CommandError `io` */
export function retireModel(stack: StackDescription, token: string, id: string): Promise<ModelDetail> {
  return fetchJson(modelUrl(stack, id), modelDetail, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${token}` },
  });
}
