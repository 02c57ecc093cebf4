import { existsSync } from 'node:fs';
import { parseStrictJson } from '@touchstone/canonical-json';
import { parseKeystore } from '@touchstone/crypto';
import { type BatchKeys, KEYSTORE_FILE_BYTES_MAX } from '@touchstone/event-batch';
import { CommandError, exitCodes } from '../exit-codes.js';
import { readInput } from '../terminal/files.js';

/** Reads `keystore.json`. @throws CommandError `io` or `configuration` */
export async function loadKeystore(path: string, nowMs: number): Promise<BatchKeys> {
  // Not for a device or a pipe, which exist.
  if (path !== '-' && !existsSync(path))
    throw new CommandError(
      exitCodes.io,
      `There is no keystore ${path}; name one with --keystore, or make one with its first key: touchstone keys new --use event-batch --keystore ${path}`,
    );
  const read = parseStrictJson(await readInput(path, KEYSTORE_FILE_BYTES_MAX), {
    maxBytes: KEYSTORE_FILE_BYTES_MAX,
  });
  if (!read.ok) throw refused(path, read.error.message);
  const keystore = parseKeystore(read.value, nowMs);
  if (keystore.ok) return keystore;
  throw refused(
    path,
    keystore.errors.map(({ pointer, detail }) => `${pointer || '/'}: ${detail}`).join('; '),
  );
}

function refused(path: string, what: string): CommandError {
  return new CommandError(exitCodes.configuration, `${path} is not a keystore: ${what}`);
}
