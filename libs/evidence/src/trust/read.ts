import { z } from 'zod';
import { AppError } from '@touchstone/contracts';
import { parseStrictJson } from '@touchstone/canonical-json';
import { TRUST_BYTES_MAX, trustFile, type TrustFile } from './schema.js';

/**
 * Reads a trust file through the strict gate and its closed schema.
 *
 * @throws AppError `config-invalid`, because a trust file that cannot be read whole must not be used in part
 */
export function readTrustFile(text: string | Uint8Array): TrustFile {
  const parsed = parseStrictJson(text, { maxBytes: TRUST_BYTES_MAX });
  if (!parsed.ok) {
    throw new AppError('config-invalid', `The trust file is not strict JSON: ${parsed.error.message}`);
  }
  const file = trustFile.safeParse(parsed.value);
  if (!file.success) {
    throw new AppError(
      'config-invalid',
      `The trust file does not fit its schema: ${z.prettifyError(file.error)}`,
    );
  }
  const seen = new Set<string>();
  for (const { kid, public_key: publicKey } of file.data.keys) {
    if (seen.has(`kid ${kid}`) || seen.has(`key ${publicKey}`)) {
      throw new AppError(
        'config-invalid',
        `The trust file registers key ${kid} or its public key twice; a key has one use.`,
      );
    }
    seen.add(`kid ${kid}`).add(`key ${publicKey}`);
  }
  return file.data;
}
