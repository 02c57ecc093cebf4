import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { custom, HttpRequestError, RpcRequestError, TimeoutError, type Transport } from 'viem';

/** Connections to one node; more requests than these wait for one of them. */
export const NODE_CONNECTIONS_MAX = 64;
/** Largest answer that is read, in bytes: a block with many logs has some megabytes. */
export const NODE_ANSWER_BYTES_MAX = 16_777_216;

/** Stands in errors in the place of the node's URL, which often carries an access key. */
const HIDDEN_URL = 'the chain node';

interface Envelope {
  readonly result?: unknown;
  readonly error?: { readonly code?: unknown; readonly message?: unknown; readonly data?: unknown };
}

/**
 * JSON-RPC over HTTP on connections that stay open. It does what viem's `http` transport does, at an eighth of its
 * processor time (docs/performance.md): a paid answer asks its node ten times, and `fetch` with its `Request`, streams and
 * signals costs more than everything else about such a question.
 *
 * @param timeoutMs for connecting, sending and the whole answer together
 */
export function httpTransport(url: string, timeoutMs: number): Transport {
  const target = new URL(url);
  const isTls = target.protocol === 'https:';
  const agent = new (isTls ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets: NODE_CONNECTIONS_MAX });
  const open = isTls ? httpsRequest : httpRequest;
  let lastId = 0;

  const post = (body: string): Promise<{ status: number; text: string }> =>
    new Promise((resolve, reject) => {
      const request = open(target, {
        method: 'POST',
        agent,
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      });
      const timer = setTimeout(() => {
        request.destroy(new TimeoutError({ body: {}, url: HIDDEN_URL }));
      }, timeoutMs);
      request.once('close', () => clearTimeout(timer));
      request.once('error', (error: Error) => {
        // The node closed an idle connection just as it was used again; a question may be put twice.
        if (request.reusedSocket && (error as NodeJS.ErrnoException).code === 'ECONNRESET')
          post(body).then(resolve, reject);
        else reject(error instanceof TimeoutError ? error : unreachable(error));
      });
      request.once('response', (response) => {
        readText(response).then((text) => resolve({ status: response.statusCode ?? 0, text }), reject);
      });
      request.end(body);
    });

  const ask = async ({ method, params = [] }: { method: string; params?: unknown }): Promise<unknown> => {
    const body = { jsonrpc: '2.0', id: (lastId += 1), method, params };
    const { status, text } = await post(JSON.stringify(body));
    const { result, error } = envelopeOf(text, status);
    if (error === undefined) return result;
    const { code, message, data } = error;
    throw new RpcRequestError({
      body,
      url: HIDDEN_URL,
      error: { code: Number(code), message: String(message), data },
    });
  };
  return custom({ request: ask }, { key: 'http', name: 'JSON-RPC over HTTP', retryCount: 0 });
}

/** An error of JSON-RPC counts whatever the status is: many providers send it with 400, 413 or 429. */
function envelopeOf(text: string, status: number): Envelope {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new HttpRequestError({ url: HIDDEN_URL, status, details: 'The answer is no JSON.' });
  }
  const envelope = (typeof parsed === 'object' && parsed !== null ? parsed : {}) as Envelope;
  const { error } = envelope;
  if (typeof error?.code === 'number' && typeof error.message === 'string') return { error };
  if (status < 200 || status > 299 || error != null || !('result' in envelope))
    throw new HttpRequestError({ url: HIDDEN_URL, status, details: 'The answer is no answer of JSON-RPC.' });
  return { result: envelope.result };
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > NODE_ANSWER_BYTES_MAX)
        throw new Error(`The answer is larger than ${NODE_ANSWER_BYTES_MAX} bytes.`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof TimeoutError ? error : unreachable(error as Error);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function unreachable(cause: Error): HttpRequestError {
  return new HttpRequestError({ url: HIDDEN_URL, details: cause.message, cause });
}
