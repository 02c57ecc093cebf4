import type { TensorSpec } from '@touchstone/contracts';
import type { Model } from '../model/model.js';

/** How a request of a paid route looks, for catalogues of such routes (the extension `bazaar` of x402). */
export interface Discovery {
  /** A body that the route takes, or would with data of the caller's. */
  readonly example: Readonly<Record<string, unknown>>;
  /** JSON Schema of a body, draft 2020-12. */
  readonly schema: Readonly<Record<string, unknown>>;
}

/** Most features that are named one by one, and most elements of a tensor that an example writes out: it travels in a header. */
const NAMED_FEATURES_MAX = 16;
const WRITTEN_ELEMENTS_MAX = 64;

/** What stands for the picture of a caller: the eight bytes that every PNG begins with. */
const PICTURE = 'iVBORw0KGgo=';

type Described = Pick<Model, 'manifest' | 'preprocessing'>;

/** How the body of a request over HTTP looks that a model answers; undefined for what came otherwise. @param target path of the request */
export function discoveryOf(model: Described, target: string): Discovery | undefined {
  if (target.startsWith('/v1/models/')) return inV1(model);
  if (/^(?:\/api)?\/infer\//.test(target)) return inSeed(model);
  return undefined;
}

function inV1(model: Described): Discovery {
  const takes = model.preprocessing?.takes;
  const [given, schema] = givenTo(model);
  const member = takes ?? 'inputs';
  return { example: { [member]: given }, schema: object({ [member]: schema }) };
}

function inSeed(model: Described): Discovery {
  const [given, schema] = givenTo(model);
  const isPicture = model.preprocessing?.takes === 'image';
  return {
    example: { inputs: isPicture ? { image: given } : given },
    schema: object({ inputs: isPicture ? object({ image: schema }) : schema }),
  };
}

function givenTo({ manifest, preprocessing }: Described): [example: unknown, schema: unknown] {
  switch (preprocessing?.takes) {
    case 'text':
      return ['A text.', { type: 'string' }];
    case 'image':
      return [PICTURE, { type: 'string', contentEncoding: 'base64' }];
    case 'features':
      return featuresOf(preprocessing.features ?? []);
    case undefined:
      return [manifest.inputs.map(tensorOf), { type: 'array', items: tensorSchema(manifest.inputs) }];
  }
}

function featuresOf(features: NonNullable<NonNullable<Model['preprocessing']>['features']>) {
  const numbers = { type: 'object', additionalProperties: { type: 'number' } };
  if (features.length > NAMED_FEATURES_MAX) return [{}, numbers] satisfies [unknown, unknown];
  const properties = features.map(({ name, minimum, maximum }) => [
    name,
    { type: 'number', minimum, maximum },
  ]);
  return [
    Object.fromEntries(features.map(({ name, minimum }) => [name, minimum])),
    object(Object.fromEntries(properties) as Record<string, unknown>),
  ] satisfies [unknown, unknown];
}

function tensorOf({ name, datatype, shape, minimum = 0 }: TensorSpec) {
  const open = (shape ?? [1]).map((size) => (size === -1 ? 1 : size));
  const elements = open.reduce((product, size) => product * size, 1);
  const value = datatype === 'BOOL' ? false : Math.max(0, minimum);
  const data = elements > WRITTEN_ELEMENTS_MAX ? [] : new Array<boolean | number>(elements).fill(value);
  return { name, datatype, shape: open, data };
}

function tensorSchema(inputs: readonly TensorSpec[]) {
  return object({
    name: { enum: inputs.map(({ name }) => name) },
    datatype: { enum: [...new Set(inputs.map(({ datatype }) => datatype))] },
    shape: { type: 'array', items: { type: 'integer' } },
    data: { type: 'array' },
  });
}

function object(properties: Readonly<Record<string, unknown>>) {
  return { type: 'object', required: Object.keys(properties), properties };
}
