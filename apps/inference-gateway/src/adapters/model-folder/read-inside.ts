import { AppError } from '@touchstone/contracts';
import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { sep } from 'node:path';

/**
 * Reads a file that must lie below `root` after all symbolic links are resolved; a link that leads out would let
 * whoever writes a manifest read any file of this machine.
 *
 * @param root the resolved path of the folder
 * @throws AppError `model-invalid` when the file is missing, no file, elsewhere or larger than `bytesMax`
 */
export async function readInside(root: string, path: string, bytesMax: number): Promise<Uint8Array> {
  const resolved = await pathInside(root, path);
  // The path was resolved a moment ago; a link that takes its place since then is not followed.
  const file = await open(resolved, constants.O_RDONLY | constants.O_NOFOLLOW).catch((cause: unknown) => {
    throw new AppError('model-invalid', `${path} cannot be opened.`, { cause });
  });
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw new AppError('model-invalid', `${path} is not a file.`);
    if (stat.size > bytesMax) {
      throw new AppError('model-invalid', `${path} has ${stat.size} bytes, at most ${bytesMax} are read.`);
    }
    const bytes = await file.readFile();
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength).slice();
  } finally {
    await file.close();
  }
}

/**
 * The path of something below `root`, all symbolic links resolved.
 *
 * @throws AppError `model-invalid` when it is missing or elsewhere
 */
export async function pathInside(root: string, path: string): Promise<string> {
  const resolved = await realpath(path).catch((cause: unknown) => {
    throw new AppError('model-invalid', `${path} cannot be found.`, { cause });
  });
  if (resolved.startsWith(root + sep)) return resolved;
  throw new AppError('model-invalid', `${path} leads out of the models folder, to ${resolved}.`);
}
