import { z } from 'zod';
import { describeConfig, type ConfigKeyDescription } from './describe-config.js';
import { keyMetadata } from './metadata.js';

/** One form of the objects in the JSON value of a key, as docs/reference/config.md shows it. */
export interface JsonObjectDescription {
  readonly key: string;
  /** Value of the member `kind` where the objects are of several. */
  readonly kind: string | undefined;
  readonly members: readonly ConfigKeyDescription[];
}

/** Describes the members of all objects that stand in JSON values of a schema's keys. */
export function describeJsonObjects(schema: z.ZodObject): JsonObjectDescription[] {
  return Object.entries(schema.shape).flatMap(([key, value]) =>
    objectsIn(keyMetadata(value as z.ZodType).json).map((object) => ({
      key,
      kind: kindOf(object),
      members: describeConfig(object),
    })),
  );
}

function objectsIn(schema: unknown): z.ZodObject[] {
  if (schema instanceof z.ZodArray) return objectsIn(schema.element);
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(objectsIn);
  return schema instanceof z.ZodObject ? [schema] : [];
}

function kindOf({ shape }: z.ZodObject): string | undefined {
  const kind: unknown = shape['kind'];
  return kind instanceof z.ZodLiteral ? String(kind.value) : undefined;
}
