import { request, type ClientRequest, type IncomingHttpHeaders } from 'node:http';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import { linearClassifier, onnxModel, type OnnxGraph } from '@touchstone/testing';
import { MANIFEST_BYTES_MAX } from '../../src/domain/model/manifest.js';
import { INPUT_FILE_BYTES_MAX } from '../../src/domain/model/added-preprocess.js';
import { TOKENIZER_BYTES_MAX } from '../../src/domain/request/read-preprocessing.js';
import { infer, type Gateway } from './gateway-fixture.js';

/** The operator's token in tests. */
export const TOKEN = 'operator-token-of-the-tests-0123456789abcdef';

/** Largest model of a gateway that takes small ones alone. */
export const LOWERED_MODEL_BYTES = 1_048_576;

const BOUNDARY = 'form';

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
  readonly headers?: IncomingHttpHeaders;
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
  parts: Readonly<Record<string, Uint8Array>> = {},
): Promise<Answer> {
  const form = new FormData();
  for (const [name, part] of Object.entries(parts))
    form.set(name, new Blob([part as Uint8Array<ArrayBuffer>]), name);
  form.set('manifest', JSON.stringify({ priceAtomic: '10000', ...manifest }));
  form.set('model', new Blob([bytes as Uint8Array<ArrayBuffer>]), 'model.onnx');
  const headers = { authorization: `Bearer ${token}` };
  return answer(fetch(`${gateway.url}/v1/models`, { method: 'POST', headers, body: form }));
}

/** A form of exactly so many bytes with the largest of each part that are taken; the name of the file fills it. */
export function formOf(bytes: number): Buffer {
  const manifest = '{"name":"zeros","priceAtomic":"0"}'.padEnd(MANIFEST_BYTES_MAX);
  const part = (disposition: string) =>
    `--${BOUNDARY}\r\nContent-Disposition: form-data; ${disposition}\r\n` +
    'Content-Type: application/octet-stream\r\n\r\n';
  const head = `${part('name="manifest"; filename="manifest.json"')}${manifest}\r\n`;
  const besides = [
    Buffer.from(`\r\n${part('name="text-input.json"; filename="t"')}`),
    Buffer.alloc(INPUT_FILE_BYTES_MAX),
    Buffer.from(`\r\n${part('name="tokenizer.json"; filename="t"')}`),
    Buffer.alloc(TOKENIZER_BYTES_MAX),
  ];
  const tail = Buffer.concat([...besides, Buffer.from(`\r\n--${BOUNDARY}--\r\n`)]);
  const modelPart = (fileName: string) => part(`name="model"; filename="${fileName}"`);
  const rest = bytes - head.length - modelPart('').length - LOWERED_MODEL_BYTES - tail.length;
  return Buffer.concat([
    Buffer.from(head + modelPart('m'.repeat(rest))),
    Buffer.alloc(LOWERED_MODEL_BYTES),
    tail,
  ]);
}

/**
 * Sends a head to where models are added and after it a body, if any; the answer may come before the body was sent.
 */
export function postForm(
  gateway: Gateway,
  headers: Record<string, string>,
  body?: Buffer,
  patienceMs = 60_000,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sending = sendHead(gateway, headers);
    sending.setTimeout(patienceMs, () => sending.destroy(new Error('No answer came.')));
    sending.on('error', reject);
    sending.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const { statusCode = 0, headers: answered } = response;
        resolve({ status: statusCode, headers: answered, body: JSON.parse(text) as Answer['body'] });
        sending.destroy();
      });
    });
    if (body) sending.end(body);
    else sending.flushHeaders();
  });
}

/** Begins a form of which no more than the beginning comes. */
export function beginForm(gateway: Gateway): ClientRequest {
  const sending = sendHead(gateway, { 'content-length': '1000' });
  sending.on('error', () => undefined);
  sending.write(`--${BOUNDARY}\r\n`);
  return sending;
}

function sendHead(gateway: Gateway, headers: Record<string, string>): ClientRequest {
  return request(`${gateway.url}/v1/models`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${TOKEN}`,
      'content-type': `multipart/form-data; boundary=${BOUNDARY}`,
      ...headers,
    },
  });
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
