import { AppError } from '@touchstone/contracts';
import type { IncomingMessage } from 'node:http';
import { HEADER_FIELDS_MAX, REQUEST_TARGET_CHARACTERS_MAX } from './limits.js';

/** Fields that stand once. Node would keep the first or join them, and a proxy in front might take the other one. */
const singleFields = ['authorization', 'content-encoding', 'content-length', 'content-type', 'host'];
/** Each with a bit of its own, so that no request needs a set to note what it has. */
const bitOfField = new Map(singleFields.map((name, index) => [name, 1 << index] as const));

/**
 * What is wrong with the head of a request, whatever it asks for; undefined when nothing is.
 *
 * @returns AppError `headers-too-large`, `target-too-long` or `malformed-request`
 */
export function checkRequest(request: IncomingMessage): AppError | undefined {
  const { rawHeaders, url = '' } = request;
  if (rawHeaders.length / 2 > HEADER_FIELDS_MAX)
    return new AppError('headers-too-large', `The request has more than ${HEADER_FIELDS_MAX} header fields.`);
  if (url.length > REQUEST_TARGET_CHARACTERS_MAX)
    return new AppError(
      'target-too-long',
      `The target has ${url.length} characters, more than ${REQUEST_TARGET_CHARACTERS_MAX}.`,
    );
  const fault = faultOfHost(request) ?? faultOfFields(rawHeaders) ?? faultOfTarget(request, url);
  return fault === undefined ? undefined : new AppError('malformed-request', fault);
}

/** RFC 9112, section 3.2. */
function faultOfHost({ httpVersion, headers }: IncomingMessage): string | undefined {
  return httpVersion === '1.1' && headers.host === undefined ? 'HTTP/1.1 needs the field Host.' : undefined;
}

function faultOfFields(rawHeaders: readonly string[]): string | undefined {
  let seen = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    const bit = bitOfField.get(name) ?? 0;
    if ((seen & bit) !== 0) return `The field ${name} stands more than once.`;
    seen |= bit;
  }
  return undefined;
}

/**
 * Not in a target (RFC 9112, section 3.2; RFC 3986, appendix A). One reader of URLs ends the path at `#`, another does not, and to some
 * a backslash is a slash: what decides by the path and what routes by it would see different ones.
 */
const AMBIGUOUS = /[#\\]/;

/** `http` with a host and without a user, whom only a forger of links would name (RFC 9110, section 4.2.4). */
const ABSOLUTE = /^https?:\/\/[^/?@]+(?:[/?]|$)/i;

/** Origin form, absolute form of http, or `*` for OPTIONS (RFC 9112, section 3.2), with whole percent-encoding. */
function faultOfTarget({ method }: IncomingMessage, url: string): string | undefined {
  if (url === '*' && method === 'OPTIONS') return undefined;
  if (AMBIGUOUS.test(url)) return 'The target has a # or a backslash, which no target has.';
  if (!url.startsWith('/') && !(ABSOLUTE.test(url) && URL.canParse(url)))
    return 'The target is neither a path nor a URL of http.';
  if (!url.includes('%')) return undefined;
  try {
    decodeURIComponent(url);
    return undefined;
  } catch {
    return 'The target has a percent-encoding that is broken or no UTF-8.';
  }
}
