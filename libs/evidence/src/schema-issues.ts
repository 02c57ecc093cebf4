import type { z } from 'zod';

/** Most findings that are named; a hostile document can have a million. */
export const SCHEMA_ISSUES_MAX = 8;
/** Most characters of one finding, whose text quotes names from the document. */
export const SCHEMA_ISSUE_CHARACTERS_MAX = 240;

/**
 * A value that fits a schema, itself and not the copy that `safeParse` makes, or what is wrong with it. For schemas
 * that change nothing in what they accept.
 */
export function fit<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
): { ok: true; value: z.input<Schema> } | { ok: false; detail: string } {
  if (schema.validate(value)) return { ok: true, value };
  return { ok: false, detail: schemaIssues(schema.safeParse(value).error as z.ZodError) };
}

/** What a schema found wrong, in one line of bounded length: `/pointer: message; …`. */
export function schemaIssues(error: z.ZodError): string {
  const { issues } = error;
  const named = issues
    .slice(0, SCHEMA_ISSUES_MAX)
    .map(({ path, message }) => shortened(`/${path.map(String).join('/')}: ${message}`));
  const more = issues.length - named.length;
  return [...named, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

function shortened(text: string): string {
  return text.length <= SCHEMA_ISSUE_CHARACTERS_MAX ? text : `${text.slice(0, SCHEMA_ISSUE_CHARACTERS_MAX)}…`;
}
