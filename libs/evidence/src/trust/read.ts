import { z } from 'zod';
import { AppError } from '@touchstone/contracts';
import { parseStrictJson } from '@touchstone/canonical-json';
import { parseUtcTime, readKeys } from '@touchstone/crypto';
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
  const entries = file.data.keys.map(({ domains: _domains, ...entry }) => entry);
  const keys = readKeys(entries, parseUtcTime(file.data.asOf) ?? Number.NaN);
  if (!keys.ok) {
    const [finding] = keys.errors;
    throw new AppError(
      'config-invalid',
      `The trust file holds a key that cannot be used: ${finding?.pointer} ${finding?.detail}.`,
      {
        details: keys.errors,
      },
    );
  }
  return file.data;
}
