import { AppError } from '@touchstone/contracts';
import { STATUS_CODES, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { AnswerHeaders, HeaderField } from './cors.js';
import { HEADER_BYTES_MAX } from './limits.js';
import { linger } from './linger.js';
import { renderProblem, sendProblem } from './send-problem.js';

/**
 * Answers what never becomes a request with a problem and ends the connection: bytes that Node's parser refuses, a
 * head that is too large or too slow, `Expect` of anything but `100-continue`, and CONNECT.
 *
 * @param headersOf what the answer to a request carries whose head could be read
 */
export function answerClientErrors(server: Server, headersOf: AnswerHeaders): void {
  const answering = new WeakMap<Duplex, ServerResponse>();
  const refused = new WeakSet<Duplex>();
  server.on('request', (request, response) => {
    answering.set(request.socket, response);
  });
  server.on('checkExpectation', (request, response: ServerResponse) => {
    for (const [name, value] of headersOf(request)) response.setHeader(name, value);
    sendProblem(
      response,
      new AppError('expectation-failed', 'Of Expect only 100-continue is understood; leave it out.'),
    );
  });
  server.on('connect', (_request, socket: Duplex) => {
    refuse(socket, new AppError('method-not-implemented', 'CONNECT is for proxies; this is none.'));
  });
  server.on('clientError', (cause: ClientError, socket: Duplex) => {
    if (refused.has(socket)) return;
    refused.add(socket);
    const response = answering.get(socket);
    if (response === undefined || response.writableFinished) return refuse(socket, errorOf(cause));
    // The answer to a whole request comes first; what could not be read came after it on the same connection.
    if (response.req.complete) {
      response.once('close', () => socket.destroy());
      return;
    }
    if (response.headersSent) socket.destroy();
    else refuse(socket, errorOf(cause), headersOf(response.req));
  });
}

/** What Node says of a connection whose bytes it could not read. */
interface ClientError extends NodeJS.ErrnoException {
  readonly rawPacket?: Buffer;
}

/** A word of RFC 9110, section 5.6.2, where a method stands. */
const anyMethod = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32} /;

function errorOf({ code = '', rawPacket }: ClientError): AppError {
  const named = rawPacket !== undefined && anyMethod.test(rawPacket.toString('latin1', 0, 64));
  switch (named || code !== 'HPE_INVALID_METHOD' ? code : '') {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new AppError('timeout', 'The request did not come within its time.', { status: 408 });
    case 'HPE_HEADER_OVERFLOW':
      return new AppError('headers-too-large', `The header has more than ${HEADER_BYTES_MAX} bytes.`);
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new AppError('body-too-large', 'The extensions of the chunks are too large.');
    case 'HPE_INVALID_METHOD':
      return new AppError('method-not-implemented', 'The method is not one that HTTP servers know.');
    default:
      return new AppError(
        'malformed-request',
        `The bytes are no request of HTTP/1.1 (${code.slice(0, 64)}).`,
      );
  }
}

/** Writes the answer past Node's own writer, which has no request to answer, and ends the connection. */
function refuse(socket: Duplex, error: AppError, own: readonly HeaderField[] = []): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const { problem, headers, body } = renderProblem(error);
  const fields = [...own, ...Object.entries({ ...headers, connection: 'close' })].map(
    ([name, value]) => `${name}: ${value}`,
  );
  const head = [`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}`, ...fields, '', ''];
  linger(socket, Buffer.concat([Buffer.from(head.join('\r\n')), body]));
}
