import type { IncomingMessage } from 'node:http';
import { parse } from 'node:querystring';
import type { ServedRoute } from './route-table.js';

/** A request of Node with what the platform found out about it. Its `url` is path and query. */
export interface HttpRequest extends IncomingMessage {
  /** The decoded parameters of the path; there once a route was found. */
  params: Readonly<Record<string, string>>;
  route?: ServedRoute;
  /**
   * The exact bytes of the body after transfer decoding and before content decoding, once they were read. The
   * request digest of a payment is made of them.
   */
  rawBody?: Uint8Array;
}

/** The path of a request without its query; that of an absolute target (RFC 9112, section 3.2.2) without its host. */
export function requestPath({ url = '/' }: Pick<IncomingMessage, 'url'>): string {
  const target = originForm(url);
  const end = target.indexOf('?');
  return end < 0 ? target : target.slice(0, end);
}

/** The query as a form (WHATWG URL, section 5): decoded names with their value, or with all of them where a name stands again. */
export function queryOf({ url = '/' }: Pick<IncomingMessage, 'url'>): Record<string, unknown> {
  const start = url.indexOf('?');
  return start < 0 ? {} : { ...parse(url.slice(start + 1)) };
}

/** The path and query of a target; an absolute one (RFC 9112, section 3.2.2) loses its host. */
export function originForm(target: string): string {
  if (target.startsWith('/') || target === '*') return target;
  const rest = target.replace(/^https?:\/\/[^/?]*/i, '');
  return rest.startsWith('/') ? rest : `/${rest}`;
}
