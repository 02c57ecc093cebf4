import { bytesToHex, sha256 } from '@touchstone/crypto';
import { linearClassifier, onnxModel, type OnnxGraph } from '@touchstone/testing';
import { infer, type Gateway } from './gateway-harness.js';

/** The operator's token in tests. */
export const TOKEN = 'operator-token-of-the-tests-0123456789abcdef';

/** Settings of a gateway that knows the operator. */
export const operator = {
  TOUCHSTONE_OPERATOR_TOKEN_SHA256: bytesToHex(sha256(new TextEncoder().encode(TOKEN))),
};

/** Two features, three classes. */
export const classifier = linearClassifier(
  [
    [1, 0, -1],
    [0, 2, 0],
  ],
  [0, 0, 0.5],
);

/** An answer about models with what the tests look at. */
export interface Answer {
  readonly status: number;
  readonly body: {
    readonly code?: string;
    readonly detail?: string;
    readonly id: string;
    readonly modelVersionId: string;
    readonly commitmentHash: string | null;
    readonly status: string;
    readonly outputs: { name: string; shape: number[]; data: number[] }[];
    readonly prediction: { label: string };
  };
}

/** Reads an answer. */
export async function answer(pending: Promise<Response>): Promise<Answer> {
  const response = await pending;
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

/** Adds a model as the operator, or as whoever has the token. */
export function add(
  gateway: Gateway,
  manifest: Record<string, unknown>,
  bytes: Uint8Array = classifier,
  token = TOKEN,
): Promise<Answer> {
  const form = new FormData();
  form.set('manifest', JSON.stringify({ priceAtomic: '10000', ...manifest }));
  form.set('model', new Blob([bytes as Uint8Array<ArrayBuffer>]), 'model.onnx');
  const headers = { authorization: `Bearer ${token}` };
  return answer(fetch(`${gateway.url}/v1/models`, { method: 'POST', headers, body: form }));
}

/** Retires a model. */
export function retire(gateway: Gateway, id: string, token = TOKEN): Promise<Answer> {
  const headers = { authorization: `Bearer ${token}` };
  return answer(fetch(`${gateway.url}/v1/models/${id}`, { method: 'DELETE', headers }));
}

/** Asks a model with two features. */
export function ask(gateway: Gateway, id: string, data: number[]): Promise<Answer> {
  const shape = [data.length / 2, 2];
  return answer(infer(gateway, id, { inputs: [{ name: 'features', datatype: 'FP32', shape, data }] }));
}

/** A model that gives back its only input, changed as a test wants it. */
export const graph = (part: Partial<OnnxGraph>): Uint8Array =>
  onnxModel({
    inputs: [{ name: 'x', shape: [1] }],
    outputs: [{ name: 'y', shape: [1] }],
    nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }],
    ...part,
  });
