import type { StackDescription } from '@touchstone/embedded';
import type { ModelDetail } from './gateway.js';
import { fetchJson, urlOf } from './running-stack.js';

/** What the operator says about a model; what is left out gets the gateway's default. */
export interface ModelSettings {
  readonly name: string;
  readonly priceAtomic: string;
  readonly version?: string;
  readonly developer?: string;
  readonly description?: string;
  readonly licence?: string;
  readonly task?: string;
  readonly labels?: readonly string[];
}

/** Adds a model to the running stack. @throws CommandError `io` with what the gateway refused */
export function addModel(
  stack: StackDescription,
  token: string,
  settings: ModelSettings,
  bytes: Uint8Array,
): Promise<ModelDetail> {
  const form = new FormData();
  form.set('manifest', JSON.stringify(settings));
  form.set('model', new Blob([bytes as Uint8Array<ArrayBuffer>]), 'model.onnx');
  return fetchJson(`${urlOf(stack, 'inference-gateway')}/v1/models`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: form,
  });
}

/** Retires a model that was added. @throws CommandError `io` */
export function retireModel(stack: StackDescription, token: string, id: string): Promise<ModelDetail> {
  return fetchJson(`${urlOf(stack, 'inference-gateway')}/v1/models/${encodeURIComponent(id)}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${token}` },
  });
}
