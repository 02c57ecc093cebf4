import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

/** A file as requests name it. */
export interface GivenFile {
  readonly path: string;
  readonly sha256: string;
}

/** Names a file with the digest that it has now. @param path absolute */
export async function givenFile(path: string): Promise<GivenFile> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return { path, sha256: hash.digest('hex') };
}
