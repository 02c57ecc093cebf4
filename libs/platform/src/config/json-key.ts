import { findingsOf } from '@touchstone/contracts';
import { z } from 'zod';

/**
 * JSON whose value fits a schema. What is refused is named by its JSON pointer and never repeated, because the value may
 * hold secrets; so messages of the schema must not repeat it either.
 *
 * @param type what the reference calls it
 */
export function jsonKey<T extends z.ZodType>(schema: T, type = 'JSON') {
  return z
    .string()
    .transform((text, context): z.output<T> => {
      const refuse = (message: string): void => context.addIssue({ code: 'custom', message });
      let value: unknown;
      try {
        value = JSON.parse(text);
      } catch {
        refuse('Expected JSON.');
        return z.NEVER;
      }
      const parsed = schema.safeParse(value);
      if (parsed.success) return parsed.data;
      for (const { pointer, detail } of findingsOf(parsed.error))
        refuse(pointer === '' ? detail : `${pointer}: ${detail}`);
      return z.NEVER;
    })
    .meta({ type, json: schema });
}

/** A whole number from `min` to `max`, as a member of a JSON value. */
export function integerMember(min: number, max: number) {
  return z
    .int()
    .min(min)
    .max(max)
    .meta({ type: `integer ${min} to ${max}` });
}
