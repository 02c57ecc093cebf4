import { AppError } from '@touchstone/contracts';
import { shareOf } from './body-budget.js';
import { BodyParts } from './body-parts.js';
import type { HttpRequest } from './request.js';

const pending = new WeakMap<HttpRequest, Promise<Uint8Array>>();

/** A body as it came: its parts in order. */
export interface ReadBody {
  readonly size: number;
  readonly parts: readonly Uint8Array[];
}

/** What {@link readBodyParts} goes by. */
export interface BodyLimit {
  readonly bytesMax: number;
  /** What a caller is told of the limit. */
  readonly refusal?: string;
}

/**
 * Reads the bytes of a request once, however often it is called; the first call sets the limit. Afterwards they are
 * on `request.rawBody`.
 *
 * @throws AppError `body-too-large` at the first byte beyond `bytesMax`; `queue-full` when the bodies of all connections have
 *   no room for it; `timeout` when the client goes away
 */
export function readRawBody(request: HttpRequest, bytesMax: number): Promise<Uint8Array> {
  const known = pending.get(request);
  if (known) return known;
  const reading = readBodyParts(request, { bytesMax }).then((body) => {
    const bytes = joined(body);
    request.rawBody = bytes;
    return bytes;
  });
  pending.set(request, reading);
  return reading;
}

/** The bytes of a body in one; of a long one that takes its time. */
export function joined({ parts, size }: ReadBody): Uint8Array {
  const [only] = parts;
  const all = parts.length === 1 && only ? only : Buffer.concat(parts, size);
  return new Uint8Array(all.buffer, all.byteOffset, all.byteLength);
}

/**
 * Reads the bytes of a request in parts that are not joined; for bodies of any size, once for a request.
 *
 * @throws AppError as {@link readRawBody}
 */
export async function readBodyParts(request: HttpRequest, limit: BodyLimit): Promise<ReadBody> {
  const { bytesMax, refusal = `The body has more than the ${bytesMax} bytes that this route reads.` } = limit;
  const declared = declaredLength(request);
  // A declared length is refused before a byte is read; a chunked body is counted.
  if ((declared ?? 0) > bytesMax) throw new AppError('body-too-large', refusal);
  const share = shareOf(request);
  if (declared !== undefined) share?.take(declared);
  return new Promise((resolve, reject) => {
    const body = new BodyParts(declared);
    const stop = () => {
      request.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
    };
    const refuse = (error: unknown) => {
      stop();
      request.pause();
      reject(error);
    };
    const onData = (chunk: Buffer) => {
      if (body.size + chunk.length > bytesMax) return refuse(new AppError('body-too-large', refusal));
      try {
        if (declared === undefined) share?.take(chunk.length);
        body.push(chunk);
      } catch (error) {
        refuse(error);
      }
    };
    const onEnd = () => {
      stop();
      resolve({ size: body.size, parts: body.end() });
    };
    const onGone = () => {
      stop();
      reject(new AppError('timeout', 'The connection closed before the whole body came.', { status: 408 }));
    };
    request.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
  });
}

/** Bytes that the head of a request announces; undefined of a chunked body. */
function declaredLength({ headers }: HttpRequest): number | undefined {
  if (headers['transfer-encoding'] !== undefined) return undefined;
  return Number(headers['content-length'] ?? 0);
}
