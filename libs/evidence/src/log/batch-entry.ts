import { z } from 'zod';
import { BATCH_LEAVES_MAX, hex32, timestampMs, uuidV7 } from '@touchstone/contracts';
import { canonicalJson, canonicalJsonOfParsed, parseStrictJson } from '@touchstone/canonical-json';
import { fit } from '../schema-issues.js';

/** Most bytes of one log entry (tlog-tiles bounds an entry at 64 KiB). */
export const LOG_ENTRY_BYTES_MAX = 65_535;

const uuid = z.string().regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);

/** A batch as it stands in the log (protocol section 6); exactly these members. */
export const batchEntry = z.compile(
  z.strictObject({
    type: z.literal('touchstone.batch.v1'),
    batchId: uuidV7,
    kind: z.enum(['output', 'event']),
    leafFormat: z.enum(['model-output-v1', 'event-v1', 'event-v2']),
    treeProfile: z.enum(['rfc9162-sha256', 'event-batch-v1']),
    leafCount: z.number().int().min(1).max(BATCH_LEAVES_MAX),
    root: hex32,
    scope: z.union([z.strictObject({ modelVersionId: hex32 }), z.strictObject({ tenant: uuid })]),
    sealedAt: timestampMs,
    nodeId: z.string().min(1).max(128),
    signature: hex32.nullable(),
  }),
);
export type BatchEntry = z.infer<typeof batchEntry>;

/** The exact text of an entry: its canonical form. */
export function batchEntryText(entry: BatchEntry): string {
  return canonicalJson(batchEntry.parse(entry));
}

/**
 * Reads an entry from its exact text. Another spelling, a missing or an unknown member is refused, because the
 * log commits to bytes.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { readFileSync } from 'node:fs';
 * import { batchEntryText, parseBatchEntry } from '@touchstone/evidence';
 *
 * const { cases } = JSON.parse(readFileSync('libs/evidence/vectors/log-entry.json', 'utf8'));
 * const { text } = cases[0].input;
 * const parsed = parseBatchEntry(text);
 * assert(parsed.ok);
 * assert.equal(batchEntryText(parsed.entry), text);
 * assert.deepEqual(parseBatchEntry(`${text} `), { ok: false, detail: 'the text is not in canonical form' });
 * ```
 */
export function parseBatchEntry(
  text: string,
): { ok: true; entry: BatchEntry } | { ok: false; detail: string } {
  const parsed = parseStrictJson(text, { maxBytes: LOG_ENTRY_BYTES_MAX });
  if (!parsed.ok) return { ok: false, detail: parsed.error.message };
  const entry = fit(batchEntry, parsed.value);
  if (!entry.ok) return entry;
  if (canonicalJsonOfParsed(parsed.value) !== text)
    return { ok: false, detail: 'the text is not in canonical form' };
  return { ok: true, entry: entry.value };
}
