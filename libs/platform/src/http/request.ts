import type { IncomingMessage } from 'node:http';

/** What the platform knows of an Express request. */
export interface HttpRequest extends IncomingMessage {
  readonly params: Readonly<Record<string, string>>;
  readonly query: unknown;
  readonly originalUrl: string;
  readonly route?: { readonly path?: unknown };
  /** The first of the media types that `Accept` takes, or false; Express negotiates (RFC 9110, section 12.5.1). */
  accepts(mediaTypes: string[]): string | false;
  /**
   * The exact bytes of the body after transfer decoding and before content decoding, once they were read. The
   * request digest of a payment is made of them.
   */
  rawBody?: Uint8Array;
}

/** The path of a request without its query; that of an absolute target (RFC 9112, section 3.2.2) without its host. */
export function requestPath(
  request: Pick<IncomingMessage, 'url'> & { readonly originalUrl?: string },
): string {
  const target = originForm(request.originalUrl ?? request.url ?? '/');
  const end = target.indexOf('?');
  return end < 0 ? target : target.slice(0, end) || '/';
}

/** The path and query of a target; an absolute one (RFC 9112, section 3.2.2) loses its host. */
export function originForm(target: string): string {
  if (target.startsWith('/') || target === '*') return target;
  const rest = target.replace(/^https?:\/\/[^/?]*/i, '');
  return rest.startsWith('/') ? rest : `/${rest}`;
}
