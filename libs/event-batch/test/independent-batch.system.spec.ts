import { describe, expect, it } from '@jest/globals';
import { pythonWithCryptography } from '@touchstone/testing';
import { type BatchFiles, eventBatchFormats, type SignatureDocument, verifyBatch } from '../src/index.js';
import { AT, BATCH_ID, entry, event, filesOf, keysOf, NOW, signed } from './fixture.js';
import { inPython } from './python.js';
import { randomEvents, randomNumbers } from './random-events.js';

const BATCHES = 200;
const EVENTS_MAX = 1_000;
const SEED_HEX = '09'.repeat(32);
const python = pythonWithCryptography();
const withPython = python === undefined ? it.skip : it;
const TIMEOUT_MS = 120_000;

describe('an implementation that shares no code with ours', () => {
  withPython.each(eventBatchFormats)(
    `gives the same roots, messages and signatures for ${BATCHES} random batches of %s (R-BATCH-1, R-BATCH-2, R-BATCH-7)`,
    async (format) => {
      const random = randomNumbers(format.length + Number(format.at(-1)));
      const cases = Array.from({ length: BATCHES }, (_, index) => ({
        // From one event to a thousand, the small trees among them often.
        events: randomEvents(random, index === 0 ? EVENTS_MAX : Math.floor(EVENTS_MAX ** random())),
        atMs: AT + Math.floor(random() * 1e9) * 1000,
      }));
      const ours: SignatureDocument[] = [];
      for (const { events, atMs } of cases) ours.push((await signed(format, events, { atMs })).document);
      const theirs = inPython<object, [string, string]>(
        python as string,
        `
def run(case):
    events = [v.parse(text.encode()) for text in case["events"]]
    return v.sign(bytes.fromhex("${SEED_HEX}"), "${format}", events, case["batchTs"], "batches.example", "${BATCH_ID}")
`,
        cases.map(({ events }, index) => ({ events, batchTs: ours[index]?.batch_ts })),
      );
      expect(new Set(cases.map(({ events }) => events.length)).size).toBeGreaterThan(50);
      expect(theirs).toEqual(ours.map(({ merkle_root, signature }) => [merkle_root, signature]));
    },
    TIMEOUT_MS,
  );

  withPython('writes numbers as ECMAScript does', () => {
    const random = randomNumbers(7);
    const powers = Array.from({ length: 340 }, (_, index) => 10 ** (index - 323)).filter(
      (value) => value < 2 ** 53,
    );
    const numbers = [
      0,
      1e-7,
      1e-6,
      5e-324,
      0.1,
      123456789.125,
      2 ** 53 - 1,
      ...powers,
      ...Array.from({ length: 3000 }, () => (random() - 0.5) * 10 ** Math.floor(random() * 30 - 15)),
    ];
    const written = inPython<string, string>(
      python as string,
      'def run(text):\n    return v.base.jcs(v.strict(v.parse(text.encode()), "not-json", 1), True)',
      numbers.map(String),
    );
    expect(written).toEqual(numbers.map(String));
  });
});

describe('an implementation that shares no code with ours, on what is refused', () => {
  interface Refusal {
    readonly name: string;
    readonly files: BatchFiles;
    readonly key: Parameters<typeof entry>[0];
    readonly nowMs: number;
  }

  /** Pieces of a batch file as text, since the cases go to another process. */
  const textOf = ({ batch }: BatchFiles): string =>
    Buffer.concat([...(batch as Iterable<Uint8Array>)]).toString();

  async function refusals(format: (typeof eventBatchFormats)[number]): Promise<Refusal[]> {
    const texts = ['c', 'a', 'e', 'b', 'd'].map((id) => event(id, { n: 1.5 }));
    const { batch, document, files } = await signed(format, texts);
    const line = batch.split('\n').find((text) => text.includes('"id":"e"')) as string;
    const zeros = '0'.repeat(64);
    const edit = (name: string, change: (text: string) => string, more: object = {}): Refusal => ({
      name,
      files: filesOf(change(batch), { ...document, ...more }),
      key: {},
      nowMs: NOW,
    });
    const by = (name: string, key: Refusal['key'], nowMs = NOW): Refusal => ({ name, files, key, nowMs });
    const withProof = (name: string, proof: unknown): Refusal => ({
      name,
      files: { ...files, proof: JSON.stringify(proof) },
      key: {},
      nowMs: NOW,
    });
    const { batch_ts, merkle_root, leaf_count } = document;
    const listed = { batch_ts, merkle_root, leaf_count, prev_root: null };
    const long = event('b'.repeat(64 - Buffer.byteLength(event(''))));
    return [
      by('nothing', {}),
      edit('cut off', (text) => text.slice(0, -40)),
      edit('cut off within a text', (text) => text.slice(0, text.lastIndexOf('salt') + 12)),
      edit('one event less', (text) => text.replace(`,\n${line}`, '')),
      edit('one event more', (text) => text.replace('\n]}', `,\n${event('f')}\n]}`)),
      edit('an event edited', (text) => text.replace('1.5', '1.6')),
      edit('an event respelled', (text) => text.replace('1.5', '15e-1')),
      edit('a root edited', (text) => text.replace(merkle_root, zeros), { merkle_root: zeros }),
      edit('a root edited in the signature', (text) => text, { merkle_root: zeros }),
      edit('the last event twice', (text) => text.replace(line, `${line},\n${line}`), { leaf_count: 6 }),
      edit('an id twice', (text) => text.replace('"id":"b","n":1.5', '"id":"a","n":2')),
      edit('out of order', (text) => text.replace('"id":"b"', '"id":"z"')),
      edit('an inner node', (text) => text.replace(line, `"${'ab'.repeat(32)}"`)),
      edit('no id', (text) => text.replace('"id":"a"', '"Id":"a"')),
      edit('a name twice', (text) => text.replace('"n":1.5', '"id":"q"')),
      edit('a number beyond 2^53', (text) => text.replace('"n":1.5', '"n":9007199254740992')),
      edit('a surrogate', (text) => text.replace('"n":1.5', '"n":"\\ud800"')),
      edit('too deep', (text) => text.replace('"n":1.5', `"n":${'['.repeat(62)}${']'.repeat(62)}`)),
      edit('an event of 64 bytes', (text) => text.replace(line, long)),
      edit('re-dated in the batch', (text) => text.replace('"batch_ts":"2026', '"batch_ts":"2027')),
      edit('re-dated in the signature', (text) => text, { batch_ts: batch_ts.replace(':00:00', ':00:01') }),
      edit('re-dated in both', (text) => text.replace(batch_ts, batch_ts.replace(':00:00', ':00:01')), {
        batch_ts: batch_ts.replace(':00:00', ':00:01'),
      }),
      edit('a time that is none', (text) => text, { batch_ts: '2026-02-30T12:00:00Z' }),
      edit('another format', (text) => text.replace(/event-batch-v\d/, 'event-batch-v3')),
      edit('another algorithm', (text) => text, { alg: 'ES256K' }),
      edit('a member more', (text) => text.replace('"kid"', '"x":1,"kid"')),
      edit('no note', (text) => text, { signature: 'x' }),
      edit('another signature', (text) => text, {
        signature: document.signature.replace(/[0-9a-f]{60}/, '0'.repeat(60)),
      }),
      edit('no events', (text) => text.replace(/\[[^]*\]/, '[]')),
      { ...by('another file name', {}), files: { ...files, batchTs: '2026-06-01T12:00:09Z' } },
      {
        ...by('an earlier proof', {}),
        files: { ...files, earlierProof: JSON.stringify([{ ...listed, merkle_root: zeros }]) },
      },
      withProof('an empty proof', []),
      withProof('a proof with another count', [{ ...listed, leaf_count: 9 }]),
      withProof('a proof whose times fall', [listed, { ...listed, prev_root: merkle_root }]),
      withProof('a proof with a gap', [{ ...listed, prev_root: zeros }]),
      withProof('a proof that is none', {}),
      by('retired', { status: 'retired' }, Date.parse('2027-01-08T00:00:00Z')),
      by('retiring', { status: 'retiring' }, Date.parse('2027-01-06T00:00:00Z')),
      by('revoked', { status: 'revoked', revoked_at: '2026-06-01T12:00:30Z' }),
      by('pending', { status: 'pending', not_before: '2026-06-02T00:00:00Z' }),
      by('expired', { status: 'retiring', not_after: '2026-05-31T12:00:00Z' }),
      by('of another use', { use: 'checkpoint' }),
      by('unknown', { kid: 'batch-2' }),
      by('of another status', { status: 'retired' }),
      by('in the future', {}, AT - 300_001),
    ];
  }

  withPython.each(eventBatchFormats)('says the same of %s (R-BATCH-4)', async (format) => {
    const cases = await refusals(format);
    const ours = [];
    for (const { name, files, key, nowMs } of cases) {
      const result = await verifyBatch(files, keysOf(entry(key), nowMs), nowMs);
      ours.push([name, result.ok ? 'ok' : result.reason]);
    }
    const theirs = inPython<object, string>(
      python as string,
      `
def run(case):
    try:
        as_bytes = lambda name: case[name].encode() if name in case else None
        v.verify(as_bytes("batch"), as_bytes("signature"), [case["key"]], case["now"], case["batchTs"], as_bytes("proof"), as_bytes("earlierProof"))
        return "ok"
    except v.Invalid as reason:
        return str(reason)
`,
      cases.map(({ files, key, nowMs }) => ({
        ...files,
        batch: textOf(files),
        key: entry(key),
        now: nowMs / 1000,
      })),
    );
    expect(theirs.map((reason, index) => [cases[index]?.name, reason])).toEqual(ours);
    expect(new Set(theirs).size).toBeGreaterThan(25);
  });
});
