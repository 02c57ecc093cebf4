import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { removeLeftovers } from '../src/event-batch/write-batch.js';
import { readFolderProof } from '../src/event-batch/folder-files.js';
import { loadKeystore } from '../src/event-batch/keystore-file.js';
import { verifyFolder } from '../src/event-batch/verify-folder.js';
import { BatchFolder, daysFromNow, SEED_HEX } from './support/batch-folder.js';
import { touchstone } from './support/touchstone.js';

const hook = new URL('./support/kill-at-call.mjs', import.meta.url).href;
const TIMEOUT_MS = 240_000;
const AT_ONCE = 3;
const OLD = daysFromNow(-2);
const NEW = daysFromNow(-1);

const given = new BatchFolder();
let calls: number;
const sign = (out: string, env: Readonly<Record<string, string>>) =>
  touchstone(
    ['sign-batch', '--events', given.events, '--out', out, '--keystore', given.keystore, '--at', NEW],
    {
      env: { ORACLE_ED25519_SEED: SEED_HEX, NODE_OPTIONS: `--import ${hook}`, ...env },
    },
  );

beforeAll(async () => {
  expect(await given.sign(['--at', OLD])).toMatchObject({ status: 0 });
  const count = join(given.root, 'count');
  cpSync(given.out, join(given.root, 'whole'), { recursive: true });
  expect(await sign(join(given.root, 'whole'), { KILL_COUNT: count })).toMatchObject({ status: 0 });
  calls = Number(readFileSync(count, 'utf8'));
});
afterAll(() => given.remove());

/** What a folder says after its writer was killed at a call: which batch is the newest, and whether it is in order. */
async function afterKill(call: number): Promise<{ newest: string; unfinished: boolean }> {
  const out = join(given.root, `killed-${call}`);
  cpSync(given.out, out, { recursive: true });
  const ended = await sign(out, { KILL_AT: String(call) });
  expect(ended.status).toBe(-1);
  const keys = await loadKeystore(given.keystore, Date.now());
  const newest = await verifyFolder({ folder: out }, keys, Date.now());
  const old = await verifyFolder({ folder: out, batch: OLD }, keys, Date.now());
  if (!newest.ok || !old.ok) throw new Error(`call ${call}: ${JSON.stringify({ newest, old })}`);
  // What was reported as signed is there.
  if (ended.stdout.includes('Signed')) expect(newest.signature.batch_ts).toBe(NEW);
  removeLeftovers(out, await readFolderProof(out));
  const listed = await readFolderProof(out);
  const files = readdirSync(out).filter((name) => /^batch_\d|^signature_\d|tmp$/.test(name));
  expect({ call, files: files.length }).toEqual({ call, files: 2 * listed.length });
  return { newest: newest.signature.batch_ts, unfinished: newest.unfinished === true };
}

describe('a writer that is killed (R-BATCH-5)', () => {
  it(
    'leaves the old set or the new one, at every call to the disk',
    async () => {
      expect(calls).toBeGreaterThan(30);
      const outcomes: Awaited<ReturnType<typeof afterKill>>[] = [];
      const numbers = Array.from({ length: calls }, (_, index) => index + 1);
      while (numbers.length > 0)
        outcomes.push(...(await Promise.all(numbers.splice(0, AT_ONCE).map(afterKill))));
      const times = outcomes.map(({ newest }) => newest);
      const first = times.indexOf(NEW);
      expect(first).toBeGreaterThan(0);
      expect(times).toEqual([
        ...new Array<string>(first).fill(OLD),
        ...new Array<string>(calls - first).fill(NEW),
      ]);
      // Between the temporary proof and the last copy it also says so.
      expect(outcomes.some(({ newest, unfinished }) => newest === OLD && unfinished)).toBe(true);
      expect(outcomes.some(({ newest, unfinished }) => newest === NEW && unfinished)).toBe(true);
      expect(outcomes[0]?.unfinished).toBe(false);
      expect(outcomes.at(-1)?.unfinished).toBe(false);
    },
    TIMEOUT_MS,
  );

  it(
    'is followed by one that signs the same batch, or a later one where it was signed',
    async () => {
      for (const call of [Math.floor(calls / 2), calls - 12, calls - 1]) {
        const out = join(given.root, `again-${call}`);
        cpSync(given.out, out, { recursive: true });
        expect(await sign(out, { KILL_AT: String(call) })).toMatchObject({ status: -1 });
        const signedBefore = (await readFolderProof(out)).at(-1)?.batch_ts === NEW;
        expect(await sign(out, {})).toMatchObject({ status: signedBefore ? 1 : 0 });
        const keys = await loadKeystore(given.keystore, Date.now());
        expect(await verifyFolder({ folder: out }, keys, Date.now())).toMatchObject({
          ok: true,
          signature: { batch_ts: NEW },
        });
      }
    },
    TIMEOUT_MS,
  );
});
