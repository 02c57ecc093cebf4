import { z } from 'zod';

/** What a configuration key says about itself beside its schema. */
export interface KeyMetadata {
  readonly doc: string;
  readonly secret: boolean;
  readonly type: string;
  /** The default as it is parsed, or undefined when the key is required or optional. */
  readonly defaultValue: unknown;
  readonly required: boolean;
  /** Schema of the value where the text is JSON. */
  readonly json: z.ZodType | undefined;
}

interface Layer {
  readonly type: string;
  readonly innerType?: z.ZodType;
  readonly in?: z.ZodType;
  readonly defaultValue?: unknown;
  readonly entries?: Record<string, string | number>;
  readonly format?: string;
  readonly values?: readonly unknown[];
}

/** Marks a key as secret: it may come from a `<NAME>_FILE`, and no output ever shows it. */
export function secret<T extends z.ZodType>(schema: T): T {
  return schema.meta({ ...schema.meta(), secret: true });
}

/** Reads the metadata through the layers (`optional`, `default`, pipes) that zod wraps around a schema. */
export function keyMetadata(schema: z.ZodType): KeyMetadata {
  let layer: z.ZodType = schema;
  let doc: string | undefined;
  let type: string | undefined;
  let isSecret = false;
  let required = true;
  let defaultValue: unknown;
  let json: z.ZodType | undefined;
  for (;;) {
    const meta = layer.meta() ?? {};
    doc ??= meta.description;
    if (typeof meta['type'] === 'string') type ??= meta['type'];
    isSecret ||= meta['secret'] === true;
    json ??= meta['json'] as z.ZodType | undefined;
    const definition = layer.def as Layer;
    if (definition.type === 'default' || definition.type === 'prefault') {
      defaultValue ??= definition.defaultValue;
      required = false;
    }
    if (definition.type === 'optional') required = false;
    const next = definition.innerType ?? definition.in;
    if (next === undefined) {
      const shown = type ?? typeName(definition);
      return { doc: doc ?? '', secret: isSecret, type: shown, defaultValue, required, json };
    }
    layer = next;
  }
}

function typeName(definition: Layer): string {
  if (definition.entries) return Object.values(definition.entries).join(' | ');
  if (definition.values) return definition.values.map(String).join(' | ');
  return definition.format ?? definition.type;
}
