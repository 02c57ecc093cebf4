import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** Bytes that are read at once. */
const CHUNK_BYTES = 1_048_576;

/** SHA-256 of a file, read in chunks; lower-case hex. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Buffer>)
    hash.update(chunk);
  return hash.digest('hex');
}
