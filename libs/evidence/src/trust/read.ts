import { AppError } from '@touchstone/contracts';
import { parseStrictJson } from '@touchstone/canonical-json';
import { schemaIssues } from '../schema-issues.js';
import { trustFindings } from './findings.js';
import { TRUST_BYTES_MAX, trustFile, type TrustFile } from './schema.js';

/**
 * Reads a trust file through the strict gate and its closed schema.
 *
 * @throws AppError `config-invalid`, because a trust file that cannot be read whole must not be used in part
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { readFileSync } from 'node:fs';
 * import { readTrustFile } from '@touchstone/evidence';
 *
 * const { cases } = JSON.parse(readFileSync('libs/evidence/vectors/evidence.json', 'utf8'));
 * const { trust } = cases[0].input;
 * assert.equal(readTrustFile(JSON.stringify(trust)).asOf, trust.asOf);
 * assert.throws(() => readTrustFile('{"version":1}'), { code: 'config-invalid' });
 * ```
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
      `The trust file does not fit its schema: ${schemaIssues(file.error)}`,
    );
  }
  const errors = trustFindings(file.data);
  const [finding] = errors;
  if (finding) {
    throw new AppError(
      'config-invalid',
      `The trust file says something that cannot be used: ${finding.pointer} ${finding.detail}.`,
      { details: errors },
    );
  }
  return file.data;
}
