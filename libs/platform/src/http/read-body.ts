import { AppError } from '@touchstone/contracts';
import type { HttpRequest } from './request.js';

const pending = new WeakMap<HttpRequest, Promise<Uint8Array>>();

/**
 * Reads the bytes of a request once, however often it is called; the first call sets the limit. Afterwards they are
 * on `request.rawBody`.
 *
 * @throws AppError `body-too-large` at the first byte beyond `bytesMax`; `timeout` when the client goes away
 */
export function readRawBody(request: HttpRequest, bytesMax: number): Promise<Uint8Array> {
  const known = pending.get(request);
  if (known) return known;
  const reading = collect(request, bytesMax).then((bytes) => {
    request.rawBody = bytes;
    return bytes;
  });
  pending.set(request, reading);
  return reading;
}

function collect(request: HttpRequest, bytesMax: number): Promise<Uint8Array> {
  // A declared length is refused before a byte is read; a chunked body is counted.
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) return Promise.reject(tooLarge(bytesMax));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const stop = () => {
      request.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
    };
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      if (size <= bytesMax) {
        chunks.push(chunk);
        return;
      }
      stop();
      request.pause();
      reject(tooLarge(bytesMax));
    };
    const onEnd = () => {
      stop();
      const [only] = chunks;
      const all = chunks.length === 1 && only ? only : Buffer.concat(chunks, size);
      resolve(new Uint8Array(all.buffer, all.byteOffset, all.byteLength));
    };
    const onGone = () => {
      stop();
      reject(new AppError('timeout', 'The connection closed before the whole body came.', { status: 408 }));
    };
    request.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
  });
}

function tooLarge(bytesMax: number): AppError {
  return new AppError(
    'body-too-large',
    `The body has more than the ${bytesMax} bytes that this route reads.`,
  );
}
