import type { JsonSchema } from './json-schema-arbitrary.js';

/** A parameter of the path or of the query. */
export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required: boolean;
  readonly schema: JsonSchema;
}

/** One answer that a document announces. */
export interface AnnouncedAnswer {
  /** Schemas by media type; none when the answer has no body. */
  readonly content?: Readonly<Record<string, { readonly schema?: JsonSchema }>>;
}

/** One method of one path. */
export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Parameter[];
  /** The schema of a JSON body. */
  readonly body?: JsonSchema;
  readonly answers: Readonly<Record<string, AnnouncedAnswer>>;
  /** True when pages of listed origins may use it. */
  readonly crossOrigin: boolean;
}

/** What is read of an OpenAPI 3.1 document. */
export interface Interface {
  readonly operations: readonly Operation[];
  readonly schemas: Readonly<Record<string, JsonSchema>>;
}

interface RawOperation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: JsonSchema }>> };
  readonly responses: Readonly<Record<string, AnnouncedAnswer & { readonly $ref?: string }>>;
  readonly 'x-cross-origin'?: boolean;
}

interface RawDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, RawOperation>>>>;
  readonly components: {
    readonly schemas?: Readonly<Record<string, JsonSchema>>;
    readonly responses?: Readonly<Record<string, AnnouncedAnswer>>;
  };
}

/** Reads the document that a service answers at `/openapi.json`. */
export async function fetchInterface(url: string): Promise<Interface> {
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as RawDocument;
  const { schemas = {}, responses = {} } = document.components;
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, raw]): Operation => {
      const body = raw.requestBody?.content['application/json']?.schema;
      const answers = Object.entries(raw.responses).map(([status, answer]) => [
        status,
        answer.$ref === undefined ? answer : (responses[answer.$ref.split('/').pop() ?? ''] ?? {}),
      ]);
      return {
        method: method.toUpperCase(),
        path,
        parameters: raw.parameters ?? [],
        ...(body === undefined ? {} : { body }),
        answers: Object.fromEntries(answers) as Operation['answers'],
        crossOrigin: raw['x-cross-origin'] === true,
      };
    }),
  );
  return { operations, schemas };
}
