import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { BatchFolder, eventLine, SEED_HEX } from './support/batch-folder.js';
import { touchstone } from './support/touchstone.js';

const EVENTS = 100_000;
/** A million events may take 512 MiB; of a tenth of them, most is Node itself. */
const BYTES_MAX = 256 * 1024 * 1024;
const TIMEOUT_MS = 120_000;
const hook = new URL('./support/peak-memory.mjs', import.meta.url).href;

const folder = new BatchFolder();
afterAll(() => folder.remove());

/** Runs a command and gives its status and the most memory that it had. */
async function measured(args: readonly string[]): Promise<{ status: number; bytes: number }> {
  const peak = join(folder.root, 'peak');
  const env = { ORACLE_ED25519_SEED: SEED_HEX, NODE_OPTIONS: `--import ${hook}`, PEAK_MEMORY: peak };
  const { status } = await touchstone([...args, '--keystore', folder.keystore], { env });
  return { status, bytes: Number(readFileSync(peak, 'utf8')) };
}

describe(`a batch of ${EVENTS} events in any order (R-BATCH-6)`, () => {
  it.each(['event-batch-v1', 'event-batch-v2'])(
    'is signed and verified in bounded memory: %s',
    async (format) => {
      const text = 'some text about this event '.repeat(20);
      const lines = Array.from({ length: EVENTS }, (_, n) =>
        eventLine(randomUUID(), { n, text, total: n / 7 }),
      );
      const events = folder.write('many.ndjson', lines.join('\n'));
      const sign = await measured([
        'sign-batch',
        '--events',
        events,
        '--out',
        folder.out,
        '--format',
        format,
      ]);
      expect(sign.status).toBe(0);
      expect(sign.bytes).toBeLessThan(BYTES_MAX);
      const verify = await measured(['verify-batch', folder.out]);
      expect(verify.status).toBe(0);
      expect(verify.bytes).toBeLessThan(BYTES_MAX);
    },
    TIMEOUT_MS,
  );
});
