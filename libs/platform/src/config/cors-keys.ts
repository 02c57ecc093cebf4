import { z } from 'zod';
import { ANY_ORIGIN } from '../http/cors.js';

/** Most origins of one list. */
export const CORS_ORIGINS_MAX = 64;

const origins = z
  .string()
  .transform((text) => (text.trim() === '' ? [] : text.split(',').map((part) => part.trim())))
  .superRefine((parts, context) => {
    if (parts.length === 1 && parts[0] === ANY_ORIGIN) return;
    parts.forEach((part, index) => {
      const fault = faultOf(part);
      if (fault !== undefined)
        context.addIssue({ code: 'custom', message: `Entry ${index + 1} ${fault}`, path: [index] });
    });
    if (parts.length > CORS_ORIGINS_MAX)
      context.addIssue({
        code: 'custom',
        message: `There are ${parts.length} origins, at most ${CORS_ORIGINS_MAX} are taken.`,
      });
  });

/** Browsers send the serialisation of the standard, so an entry in any other spelling would never match. */
function faultOf(part: string): string | undefined {
  if (part === '') return 'is empty.';
  if (part === ANY_ORIGIN) return `is ${ANY_ORIGIN}, which stands alone or not at all.`;
  if (part === 'null')
    return 'is null, the origin of files and sandboxed frames; anybody can make a page with it.';
  if (part.includes('*')) return 'has a wildcard; origins are compared whole, so list each one.';
  const url = URL.canParse(part) ? new URL(part) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    return 'is no origin; expected scheme, host and, unless it is the usual one, port, such as https://shop.example.';
  if (url.origin === part) return undefined;
  return `is not spelt as browsers send it; did you mean ${url.origin}?`;
}

/** The key of a service with routes for pages of other origins. */
export function corsKeys() {
  return {
    TOUCHSTONE_CORS_ORIGINS: origins
      .meta({ type: 'origins, separated by commas, or *' })
      .default([])
      .describe(
        'Origins whose pages may use the public routes from a browser, such as https://shop.example; none when left out. ' +
          'A * alone lets every page, which fits a service that is open to everybody anyway; credentials are never let through.',
      ),
  };
}

/** The origins of a service's configuration; none where its schema does not have the key. */
export function corsOriginsOf(config: unknown): readonly string[] {
  return (config as { TOUCHSTONE_CORS_ORIGINS?: readonly string[] }).TOUCHSTONE_CORS_ORIGINS ?? [];
}
