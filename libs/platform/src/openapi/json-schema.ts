import { z } from 'zod';

/** A JSON Schema, draft 2020-12. */
export type JsonSchema = Record<string, unknown>;

/**
 * Turns zod schemas into JSON Schema and gathers named definitions (`.meta({ id })`) under `components.schemas`,
 * because a `#/$defs` reference would point into the whole document.
 */
export class SchemaComponents {
  readonly schemas: Record<string, JsonSchema> = {};

  /** The JSON Schema of what a client sends (`input`) or receives (`output`). */
  render(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
    const rendered: JsonSchema = {
      ...z.toJSONSchema(schema, { target: 'draft-2020-12', io, unrepresentable: 'any' }),
    };
    const definitions = rendered['$defs'] as Record<string, JsonSchema> | undefined;
    delete rendered['$schema'];
    delete rendered['$defs'];
    for (const [name, definition] of Object.entries(definitions ?? {}))
      this.schemas[name] = pointToComponents(definition) as JsonSchema;
    return pointToComponents(rendered) as JsonSchema;
  }
}

function pointToComponents(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(pointToComponents);
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).map(([name, value]) => [
      name,
      name === '$ref' && typeof value === 'string'
        ? value.replace(/^#\/\$defs\//, '#/components/schemas/')
        : pointToComponents(value),
    ]),
  );
}
