import { buildOpenApi } from '../../libs/platform/dist/entries/http.js';
import { httpControllers } from './services.mjs';

const SCHEMA = 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json';

/** Bodies and path variables that work on the sample models; the others are made from the schemas. */
const EXAMPLES = {
  bodies: {
    SeedInferRequest: { inputs: 'bitcoin surges to a record high', returnProof: true },
    '/v1/models/{id}/infer': { text: 'bitcoin surges to a record high' },
  },
  variables: { modelId: 'crypto-sentiment-v2', id: 'crypto-sentiment-v2' },
};

/** docs/reference/postman/<service>.postman_collection.json: the requests of a service, by the schemas that it checks them with. */
export async function postmanCollection({ dist, definition }, baseUrl) {
  const controllers = await httpControllers(dist);
  const { name, version, openApi } = definition;
  const document = buildOpenApi(controllers, { title: `Touchstone ${name}`, version, ...openApi });
  const folders = new Map();
  for (const [path, operations] of Object.entries(document.paths))
    for (const [method, operation] of Object.entries(operations)) {
      const folder = operation.tags?.[0] ?? 'other';
      folders.set(folder, [...(folders.get(folder) ?? []), itemOf(document, path, method, operation)]);
    }
  const collection = {
    info: {
      name: document.info.title,
      description:
        'Generated from the controllers; npm run generate makes it anew. A request that costs something is answered 402 with what is to be paid.',
      version,
      schema: SCHEMA,
    },
    item: [...folders].map(([folder, item]) => ({ name: folder, item })),
    variable: [
      { key: 'baseUrl', value: baseUrl },
      { key: 'operatorToken', value: '' },
    ],
  };
  return `${JSON.stringify(collection, null, 2)}\n`;
}

function itemOf(document, path, method, operation) {
  const body = bodyOf(document, path, operation);
  const auth = authOf(operation);
  return {
    name: `${method.toUpperCase()} ${path}`,
    request: {
      method: method.toUpperCase(),
      description: [operation.summary, operation.description].filter(Boolean).join('\n\n'),
      header: body?.mode === 'raw' ? [{ key: 'content-type', value: 'application/json' }] : [],
      ...(body === undefined ? {} : { body }),
      url: urlOf(path, operation.parameters ?? []),
      ...(auth === undefined ? {} : { auth }),
    },
    response: [],
  };
}

function urlOf(path, parameters) {
  const segments = path
    .slice(1)
    .split('/')
    .map((segment) => segment.replace(/^\{(.*)\}$/, ':$1'));
  const inPath = parameters.filter((parameter) => parameter.in === 'path');
  const query = parameters.filter((parameter) => parameter.in === 'query');
  return {
    raw: `{{baseUrl}}/${segments.join('/')}`,
    host: ['{{baseUrl}}'],
    path: segments,
    ...(query.length === 0
      ? {}
      : {
          query: query.map(({ name, schema }) => ({
            key: name,
            value: String(schema.default ?? schema.enum?.[0] ?? ''),
            description: schema.description ?? '',
            disabled: true,
          })),
        }),
    ...(inPath.length === 0
      ? {}
      : { variable: inPath.map(({ name }) => ({ key: name, value: variableOf(path, name) })) }),
  };
}

function variableOf(path, name) {
  const isModel = path.includes('/models/') || path.includes('infer');
  return isModel ? (EXAMPLES.variables[name] ?? '') : '';
}

function bodyOf(document, path, { requestBody }) {
  const [content] = Object.entries(requestBody?.content ?? {});
  if (content === undefined) return undefined;
  const [type, { schema = {} }] = content;
  if (type === 'multipart/form-data') return { mode: 'formdata', formdata: partsOf(document, schema) };
  if (type !== 'application/json') return { mode: 'file', file: {} };
  const named = /\/([^/]+)$/.exec(schema.$ref ?? '')?.[1];
  const example = EXAMPLES.bodies[path] ?? EXAMPLES.bodies[named] ?? exampleOf(document, schema);
  return { mode: 'raw', raw: JSON.stringify(example, null, 2), options: { raw: { language: 'json' } } };
}

function partsOf(document, schema) {
  const { properties = {} } = resolved(document, schema);
  return Object.entries(properties).map(([key, part]) =>
    part.format === 'binary'
      ? { key, type: 'file', src: [] }
      : {
          key,
          type: 'text',
          contentType: 'application/json',
          value: JSON.stringify(exampleOf(document, part)),
        },
  );
}

const operatorAuth = {
  type: 'bearer',
  bearer: [{ key: 'token', value: '{{operatorToken}}', type: 'string' }],
};

function authOf({ security }) {
  return security === undefined ? undefined : operatorAuth;
}

function resolved(document, schema) {
  const name = /^#\/components\/schemas\/(.+)$/.exec(schema.$ref ?? '')?.[1];
  return name === undefined ? schema : document.components.schemas[name];
}

/** A value of a schema, with what has to be there alone. */
function exampleOf(document, schema, depth = 0) {
  const own = resolved(document, schema);
  if (own.default !== undefined) return own.default;
  if (own.const !== undefined) return own.const;
  if (own.enum !== undefined) return own.enum[0];
  const [choice] = own.anyOf ?? own.oneOf ?? [];
  if (own.type === undefined && choice !== undefined) return exampleOf(document, choice, depth);
  switch (own.type) {
    case 'object': {
      const required = depth > 8 ? [] : [...(own.required ?? []), ...(own.oneOf?.[0]?.required ?? [])];
      return Object.fromEntries(
        required.map((name) => [name, exampleOf(document, own.properties?.[name] ?? {}, depth + 1)]),
      );
    }
    case 'array':
      return (own.minItems ?? 0) > 0 ? [exampleOf(document, own.items ?? {}, depth + 1)] : [];
    case 'integer':
    case 'number':
      return own.minimum ?? 0;
    case 'boolean':
      return false;
    default:
      return '';
  }
}
