import type { IncomingMessage } from 'node:http';

/** What the platform knows of an Express request. */
export interface HttpRequest extends IncomingMessage {
  readonly params: Readonly<Record<string, string>>;
  readonly query: unknown;
  readonly originalUrl: string;
  readonly route?: { readonly path?: unknown };
  /**
   * The exact bytes of the body after transfer decoding and before content decoding, once they were read. The
   * request digest of a payment is made of them.
   */
  rawBody?: Uint8Array;
}

/** The path of a request without its query. */
export function requestPath(request: HttpRequest): string {
  const url = request.originalUrl ?? request.url ?? '/';
  const end = url.indexOf('?');
  return end < 0 ? url : url.slice(0, end);
}
