import fc from 'fast-check';

/** A JSON Schema of an OpenAPI 3.1 document. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

const DEPTH_MAX = 4;
const ITEMS_MAX = 4;

/**
 * Values that fit a JSON Schema, for the keywords that the documents of the services use. Recursion ends after a few
 * levels with whatever the schema gives that holds nothing.
 *
 * @param components the schemas that `#/components/schemas/…` points to
 */
export function arbitraryOf(
  schema: JsonSchema,
  components: Readonly<Record<string, JsonSchema>>,
  depth = 0,
): fc.Arbitrary<unknown> {
  const of = (inner: unknown) => arbitraryOf((inner ?? {}) as JsonSchema, components, depth + 1);
  if (typeof schema['$ref'] === 'string') return of(components[schema['$ref'].split('/').pop() ?? '']);
  if ('const' in schema) return fc.constant(schema['const']);
  if (Array.isArray(schema['enum'])) return fc.constantFrom(...(schema['enum'] as unknown[]));
  const branches = (schema['anyOf'] ?? schema['oneOf']) as readonly JsonSchema[] | undefined;
  if (branches !== undefined) return oneOfBranches(schema, branches, of, depth);
  const [type] = [schema['type']].flat() as (string | undefined)[];
  switch (type) {
    case 'string':
      return text(schema);
    case 'integer':
    case 'number':
      return integer(schema);
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return array(schema, of, depth);
    case 'object':
      return object(schema, of);
    default:
      return fc.oneof(fc.boolean(), fc.integer(), fc.string());
  }
}

type Of = (schema: unknown) => fc.Arbitrary<unknown>;

/** Branches that only ask for members are read together with the members that stand beside them. */
function oneOfBranches(schema: JsonSchema, branches: readonly JsonSchema[], of: Of, depth: number) {
  const { anyOf: _, oneOf: __, ...rest } = schema;
  const merged = branches.map((branch): JsonSchema => {
    const required = branch['required'] as readonly string[] | undefined;
    if (schema['type'] !== 'object' || required === undefined) return branch;
    const known = { ...(rest['properties'] as object), ...(branch['properties'] as object | undefined) };
    const kept = Object.fromEntries(Object.entries(known).filter(([name]) => required.includes(name)));
    return { ...rest, properties: kept, required };
  });
  const flat = merged.filter(({ type }) => type !== 'array' && type !== 'object');
  const chosen = depth >= DEPTH_MAX && flat.length > 0 ? flat : merged;
  return fc.oneof(...chosen.map(of));
}

function text({ pattern, minLength, maxLength }: JsonSchema): fc.Arbitrary<string> {
  const least = Number(minLength ?? 0);
  if (typeof pattern !== 'string')
    return fc.string({
      minLength: least,
      maxLength: Math.min(Number(maxLength ?? 64), 256),
      unit: 'grapheme-composite',
    });
  const most = Number(maxLength ?? Infinity);
  // At the default size a repetition ends after ten, and the filter would wait for more for ever.
  return fc
    .stringMatching(new RegExp(pattern), { size: least > 10 ? 'medium' : 'small' })
    .filter(({ length }) => length >= least && length <= most);
}

function integer({ minimum, maximum, exclusiveMinimum }: JsonSchema): fc.Arbitrary<number> {
  return fc.integer({
    min: exclusiveMinimum === undefined ? Number(minimum ?? -1_000_000) : Number(exclusiveMinimum) + 1,
    max: Number(maximum ?? 1_000_000),
  });
}

function array(schema: JsonSchema, of: Of, depth: number): fc.Arbitrary<unknown[]> {
  const minLength = Number(schema['minItems'] ?? 0);
  const most = depth >= DEPTH_MAX ? 0 : Math.min(Number(schema['maxItems'] ?? ITEMS_MAX), ITEMS_MAX);
  return fc.array(of(schema['items']), { minLength, maxLength: Math.max(minLength, most) });
}

function object(schema: JsonSchema, of: Of): fc.Arbitrary<object> {
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, JsonSchema>);
  const required = (schema['required'] ?? []) as readonly string[];
  const members = Object.fromEntries(properties.map(([name, member]) => [name, of(member)]));
  const record = fc.record(members, { requiredKeys: required.filter((name) => name in members) });
  const names = schema['propertyNames'] as JsonSchema | undefined;
  if (properties.length > 0 || names === undefined) return record;
  return fc.dictionary(text(names), of(schema['additionalProperties']) as fc.Arbitrary<string>, {
    maxKeys: ITEMS_MAX,
    noNullPrototype: true,
  });
}
