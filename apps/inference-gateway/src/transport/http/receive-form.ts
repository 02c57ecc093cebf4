import { Busboy } from '@fastify/busboy';
import { AppError } from '@touchstone/contracts';
import type { HttpRequest } from '@touchstone/platform/http';
import type { Readable } from 'node:stream';

/** Most bytes that the head of one part of a form may have. */
export const PART_HEAD_BYTES_MAX = 8_192;
/** Fields of the head of a part that are read. */
const PART_HEAD_FIELDS = 16;
/** The end of the line of the boundary, which the parser counts with the head. */
const CRLF_BYTES = 2;

/** What a form may be. */
export interface FormLimits {
  readonly partsMax: number;
  /** Most bytes of the whole body; a declared length is refused before a byte is read. */
  readonly bytesMax: number;
}

/** Takes one part; false when the others are not wanted. */
export type TakePart = (name: string, content: Readable) => Promise<boolean>;

/**
 * Reads a form (RFC 7578) part after part as it comes, each taken before the next one is read, so that no part needs to fit
 * into memory.
 *
 * @throws AppError `unsupported-media-type`, `body-too-large`, `validation-failed`, `timeout`, or what `take` threw
 */
export function receiveForm(request: HttpRequest, limits: FormLimits, take: TakePart): Promise<void> {
  const type = request.headers['content-type'] ?? '';
  if (!/^multipart\/form-data\s*;/i.test(type))
    return Promise.reject(new AppError('unsupported-media-type', 'Send multipart/form-data.'));
  if (Number(request.headers['content-length'] ?? 0) > limits.bytesMax)
    return Promise.reject(tooLarge(limits.bytesMax));
  return new Promise((resolve, reject) => {
    const parser = parserOf(type, limits);
    if (parser === undefined) return reject(invalidForm('its header names no boundary'));
    const contents: Readable[] = [];
    let [work, size, ended] = [Promise.resolve(true), 0, false];
    const end = (settle: () => void): void => {
      if (ended) return;
      ended = true;
      request.unpipe(parser);
      request.off('data', count).off('close', onGone).off('error', onGone);
      request.pause();
      // Whoever waits for more of a part learns that none comes.
      for (const content of contents) content.destroy();
      settle();
    };
    const fail = (error: unknown): void => end(() => reject(error as Error));
    const onGone = (): void => void (request.complete || fail(gone()));
    const count = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > limits.bytesMax) fail(tooLarge(limits.bytesMax));
    };
    parser.on('file', (name, content) => {
      contents.push(content);
      content.on('error', () => undefined);
      work = work.then((goesOn) => goesOn && !ended && take(name, content));
      work.then((goesOn) => void (goesOn || end(resolve)), fail);
    });
    parser.on('partsLimit', () => fail(invalidForm(`it has more than ${limits.partsMax} parts`)));
    parser.on('error', () => fail(invalidForm('it is no multipart/form-data with that boundary')));
    parser.on('finish', () => void work.then(() => end(resolve), fail));
    request.on('data', count).on('close', onGone).on('error', onGone);
    request.pipe(parser);
  });
}

/** Every part is taken as a stream, whatever it says of itself. */
function parserOf(type: string, { partsMax, bytesMax }: FormLimits): InstanceType<typeof Busboy> | undefined {
  try {
    return new Busboy({
      headers: { 'content-type': type },
      isPartAFile: () => true,
      limits: {
        parts: partsMax,
        fileSize: bytesMax,
        headerPairs: PART_HEAD_FIELDS,
        headerSize: CRLF_BYTES + PART_HEAD_BYTES_MAX,
      },
    });
  } catch {
    return undefined;
  }
}

/** The bytes of a part that is small. @throws AppError `body-too-large` */
export async function collectPart(name: string, content: Readable, bytesMax: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of content as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bytesMax) throw partTooLarge(name, bytesMax);
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

/** A part has too many bytes. */
export function partTooLarge(name: string, bytesMax: number): AppError {
  return new AppError(
    'body-too-large',
    `The part ${name} has more than the ${bytesMax} bytes that are taken.`,
  );
}

/** A form that does not fit. */
export function invalidForm(detail: string, pointer = ''): AppError {
  return new AppError('validation-failed', `The form does not fit: ${detail}.`, {
    details: [{ pointer, detail }],
  });
}

function tooLarge(bytesMax: number): AppError {
  return new AppError(
    'body-too-large',
    `The body has more than the ${bytesMax} bytes that this route reads.`,
  );
}

function gone(): AppError {
  return new AppError('timeout', 'The connection closed before the whole body came.', { status: 408 });
}
