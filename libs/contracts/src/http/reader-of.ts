import { z } from 'zod';

const readers = new WeakMap<z.ZodType, z.ZodType>();

/**
 * The schema by which a client reads an answer: that of the service, with every object open. A service may add a member to
 * any object of an answer before its clients know it, so a reader takes and keeps what it does not know; what it knows has
 * to fit.
 */
export function readerOf<T extends z.ZodType>(schema: T): T {
  const known = readers.get(schema) ?? opened(schema);
  readers.set(schema, known);
  return known as T;
}

/** Checks, such as the most elements of an array, stay: they stand in the definition that is copied. */
function opened(schema: z.ZodType): z.ZodType {
  const within = (inner: z.core.$ZodType) => readerOf(inner as z.ZodType);
  if (schema instanceof z.ZodObject) {
    const members = Object.entries(schema.shape as Record<string, z.ZodType>);
    const shape = Object.fromEntries(members.map(([name, member]) => [name, within(member)]));
    return schema.clone({ ...schema.def, shape, catchall: z.unknown() });
  }
  if (schema instanceof z.ZodArray)
    return schema.clone({ ...schema.def, element: within(schema.element as z.ZodType) });
  if (schema instanceof z.ZodRecord)
    return schema.clone({ ...schema.def, valueType: within(schema.valueType as z.ZodType) });
  if (schema instanceof z.ZodUnion) {
    const options = (schema.options as readonly z.core.$ZodType[]).map(within);
    return schema.clone({ ...schema.def, options });
  }
  if (schema instanceof z.ZodOptional)
    return schema.clone({ ...schema.def, innerType: within(schema.unwrap()) });
  if (schema instanceof z.ZodNullable)
    return schema.clone({ ...schema.def, innerType: within(schema.unwrap()) });
  return schema;
}
