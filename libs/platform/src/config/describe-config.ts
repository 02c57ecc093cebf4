import type { z } from 'zod';
import { keyMetadata } from './metadata.js';

/** One key of a service, as docs/reference/config.md and `--help` show it. */
export interface ConfigKeyDescription {
  readonly name: string;
  readonly type: string;
  /** The default as text; undefined when there is none. */
  readonly default: string | undefined;
  readonly required: boolean;
  /** A secret may also be given as `<name>_FILE`. */
  readonly secret: boolean;
  readonly doc: string;
}

/** What takes the place of a secret in every output. */
export const REDACTED = '[redacted]';

/** Describes all keys of a schema in their declared order. */
export function describeConfig(schema: z.ZodObject): ConfigKeyDescription[] {
  return Object.entries(schema.shape).map(([name, key]) => {
    const { defaultValue, type, required, secret, doc } = keyMetadata(key as z.ZodType);
    const shown = secret && defaultValue !== undefined ? REDACTED : defaultValue;
    return {
      name,
      type,
      default: shown === undefined ? undefined : typeof shown === 'string' ? shown : JSON.stringify(shown),
      required,
      secret,
      doc,
    };
  });
}

/** Renders a parsed configuration as JSON text with secrets and credentials inside URLs replaced. */
export function printConfig(schema: z.ZodObject, config: Readonly<Record<string, unknown>>): string {
  const shown = Object.keys(schema.shape).map((name) => {
    const value = config[name];
    if (value === undefined) return [name, null];
    if (keyMetadata(schema.shape[name] as z.ZodType).secret) return [name, REDACTED];
    return [name, typeof value === 'string' ? withoutCredentials(value) : value];
  });
  return JSON.stringify(
    Object.fromEntries(shown),
    (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value),
    2,
  );
}

/** Replaces `user:password@` in URLs, so that no log and no error shows it. */
export function withoutCredentials(text: string): string {
  return text.replace(/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi, `$1${REDACTED}@`);
}
