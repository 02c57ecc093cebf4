import fc from 'fast-check';
import { z } from 'zod';
import { fetchInterface, type Interface, type Operation } from './document.js';
import { arbitraryOf, type JsonSchema } from './json-schema-arbitrary.js';

/** How {@link checkInterface} asks. */
export interface CheckOptions {
  /** Sent with every request, for example a token. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly seed?: number;
  /** Well-formed requests for each operation, and as many malformed ones. */
  readonly runs?: number;
  /** Real values of parameters by name, so that some requests reach what is there. */
  readonly known?: Readonly<Record<string, readonly string[]>>;
  /** An origin that the service lists; sent with every request, and only public routes may answer its pages. */
  readonly origin?: string;
}

/** What was asked, and what is wrong with the answers. */
export interface CheckResult {
  readonly operations: number;
  readonly requests: number;
  readonly findings: readonly string[];
  /** The operations that pages of listed origins may use, such as `GET /v1/models`. */
  readonly crossOrigin: readonly string[];
}

interface Trial {
  readonly target: string;
  readonly body?: string;
  readonly type?: string;
  /** True when no answer but a refusal is right. */
  readonly refused: boolean;
}

const RUNS_DEFAULT = 10;

/**
 * Sends well-formed and malformed requests to every operation of a service, made from its own OpenAPI document, and
 * checks that each answer is one that the document announces: the status, the media type, the body's schema, never a
 * server error, and no success for what cannot be read. The same seed makes the same requests.
 */
export async function checkInterface(url: string, options: CheckOptions = {}): Promise<CheckResult> {
  const document = await fetchInterface(url);
  const { seed = 1, runs = RUNS_DEFAULT } = options;
  const findings = new Set<string>();
  let requests = 0;
  for (const operation of document.operations) {
    const trials = fc.oneof(
      wellFormed(operation, document, options),
      malformed(operation, document, options),
    );
    for (const trial of fc.sample(trials, { seed, numRuns: 2 * runs })) {
      requests += 1;
      for (const finding of await ask(url, operation, document, trial, options)) findings.add(finding);
    }
  }
  const crossOrigin = document.operations
    .filter((operation) => operation.crossOrigin)
    .map(({ method, path }) => `${method} ${path}`);
  return { operations: document.operations.length, requests, findings: [...findings], crossOrigin };
}

function wellFormed(
  operation: Operation,
  { schemas }: Interface,
  { known = {} }: CheckOptions,
): fc.Arbitrary<Trial> {
  const values = operation.parameters.map(({ name, required, schema }) => {
    const any = arbitraryOf(schema, schemas).map(String);
    const real = known[name];
    const value = real === undefined ? any : fc.oneof(any, fc.constantFrom(...real));
    return required ? value : fc.option(value, { nil: undefined });
  });
  const body = operation.body === undefined ? fc.constant(undefined) : arbitraryOf(operation.body, schemas);
  return fc.tuple(fc.tuple(...values), body).map(([texts, content]) => ({
    target: targetOf(operation, texts),
    ...(operation.body === undefined ? {} : { body: JSON.stringify(content), type: 'application/json' }),
    refused: false,
  }));
}

function malformed(operation: Operation, document: Interface, options: CheckOptions): fc.Arbitrary<Trial> {
  const good = wellFormed(operation, document, options);
  const odd = fc.string({ unit: 'binary', minLength: 1, maxLength: 200 });
  const kinds: fc.Arbitrary<Trial>[] = [
    fc.tuple(good, odd).map(([trial, text]) => ({
      ...trial,
      target: `${trial.target}${trial.target.includes('?') ? '&' : '?'}x-unknown=${encode(text)}`,
    })),
    good.map((trial) => ({
      ...trial,
      target: `${trial.target}${trial.target.includes('?') ? '&' : '?'}a=%zz`,
      refused: true,
    })),
  ];
  if (operation.parameters.length > 0)
    kinds.push(
      fc
        .array(odd, { minLength: operation.parameters.length, maxLength: operation.parameters.length })
        .chain((texts) => good.map((trial) => ({ ...trial, target: targetOf(operation, texts) }))),
    );
  if (operation.body !== undefined) {
    const broken = fc.oneof(
      fc.constantFrom('', '{', '[]', 'null', '1', '"a"', '{"a":1,"a":2}', '{"a":1e999}', '\u0000', '[[[['),
      fc
        .jsonValue()
        .filter((value) => typeof value !== 'object' || value === null)
        .map((value) => JSON.stringify(value)),
    );
    kinds.push(
      fc.tuple(good, broken).map(([trial, body]) => ({ ...trial, body, refused: true })),
      fc
        .tuple(good, fc.constantFrom('text/plain', 'application/xml', 'application/json; charset=latin1'))
        .map(([trial, type]) => ({ ...trial, type, refused: true })),
      fc
        .tuple(good, fc.jsonValue())
        .map(([trial, value]) => ({ ...trial, body: JSON.stringify({ odd: value }) })),
    );
  }
  return fc.oneof(...kinds);
}

function targetOf({ path, parameters }: Operation, texts: readonly (string | undefined)[]): string {
  let target = path;
  const query: string[] = [];
  parameters.forEach(({ name, in: place }, index) => {
    const text = texts[index];
    if (place === 'path') target = target.replace(`{${name}}`, encode(text ?? ''));
    else if (text !== undefined) query.push(`${name}=${encode(text)}`);
  });
  return query.length === 0 ? target : `${target}?${query.join('&')}`;
}

/** A dot segment would be taken out of the path by the client. */
function encode(text: string): string {
  const encoded = encodeURIComponent(text.replace(/\p{Cs}/gu, ''));
  return /^\.{1,2}$/.test(encoded) || encoded === '' ? '%20' : encoded;
}

async function ask(
  url: string,
  operation: Operation,
  { schemas }: Interface,
  { target, body, type, refused }: Trial,
  { headers = {}, origin }: CheckOptions,
): Promise<string[]> {
  const response = await fetch(`${url}${target}`, {
    method: operation.method,
    headers: {
      ...headers,
      ...(origin === undefined ? {} : { origin }),
      ...(type === undefined ? {} : { 'content-type': type }),
    },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  const { status } = response;
  const place = `${operation.method} ${operation.path} answered ${status}`;
  const asked = ` to ${target.slice(0, 200)} ${body?.slice(0, 300) ?? ''}: ${text.slice(0, 300)}`;
  const findings: string[] = origin === undefined ? [] : sharingFindings(operation, response, origin, place);
  if (status >= 500 && status !== 503) findings.push(`${place}, a server error,${asked}`);
  if (refused && status < 400) findings.push(`${place}, a success for what cannot be read,${asked}`);
  const answer = operation.answers[status];
  if (answer === undefined) return [...findings, `${place}, which the document does not announce,${asked}`];
  const mediaType = (response.headers.get('content-type') ?? '').split(';')[0] ?? '';
  const announced = Object.entries(answer.content ?? {}).find(
    ([name]) => name.split(';')[0] === mediaType,
  )?.[1];
  if (announced === undefined) {
    if (text !== '' || answer.content !== undefined)
      findings.push(`${place} as ${mediaType || 'nothing'}${asked}`);
  } else if (announced.schema !== undefined && /[/+]json$/.test(mediaType)) {
    const result = validatorOf(announced.schema, schemas).safeParse(JSON.parse(text));
    if (!result.success)
      findings.push(`${place} outside its schema: ${result.error.message.slice(0, 300)}${asked}`);
  }
  return findings;
}

/** A public route must share every answer with a listed origin, and say so to caches; no other may share one. */
function sharingFindings(
  { crossOrigin }: Operation,
  { headers }: Response,
  origin: string,
  place: string,
): string[] {
  const allowed = headers.get('access-control-allow-origin');
  const varies = /(?:^|,)\s*origin\s*(?:,|$)/i.test(headers.get('vary') ?? '');
  if (crossOrigin && (allowed !== origin || !varies)) return [`${place} and cannot be read by ${origin}`];
  return !crossOrigin && allowed !== null ? [`${place} and can be read by ${origin}`] : [];
}

const validators = new WeakMap<JsonSchema, z.ZodType>();

function validatorOf(schema: JsonSchema, schemas: Readonly<Record<string, JsonSchema>>): z.ZodType {
  const known = validators.get(schema);
  if (known) return known;
  const text = JSON.stringify({ ...schema, $defs: schemas }).replaceAll('#/components/schemas/', '#/$defs/');
  const validator = z.fromJSONSchema(JSON.parse(text) as Parameters<typeof z.fromJSONSchema>[0]);
  validators.set(schema, validator);
  return validator;
}
