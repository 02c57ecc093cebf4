import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchFolder, daysFromNow, SEED_HEX } from './support/batch-folder.js';
import { touchstone } from './support/touchstone.js';

let folder: BatchFolder;
beforeEach(() => {
  folder = new BatchFolder();
});
afterEach(() => folder.remove());

const file = (name: string): string => join(folder.out, name);
const read = (name: string): string => readFileSync(file(name), 'utf8');
const stampOf = (time: string): string => time.replaceAll(/[-:.]/g, '');
const answerOf = (stdout: string): Record<string, unknown> => JSON.parse(stdout) as Record<string, unknown>;

describe('touchstone sign-batch (R-BATCH-6)', () => {
  it('writes the files of a batch, the copies of the newest and the append-only proof (R-BATCH-5)', async () => {
    const [first, second] = [daysFromNow(-2), daysFromNow(-1)];
    for (const at of [first, second])
      expect(await folder.sign(['--at', at])).toMatchObject({ status: 0, stderr: '' });
    const names = [first, second].flatMap((at) => [
      `batch_${stampOf(at)}.json`,
      `signature_${stampOf(at)}.json`,
    ]);
    expect(readdirSync(folder.out).sort()).toEqual(
      [...names, 'batch_latest.json', 'proof_append_only.json', 'signature.json'].sort(),
    );
    expect(read('batch_latest.json')).toBe(read(`batch_${stampOf(second)}.json`));
    expect(read('signature.json')).toBe(read(`signature_${stampOf(second)}.json`));
    const { events, ...head } = JSON.parse(read('batch_latest.json')) as {
      events: { id: string }[];
      merkle_root: string;
    };
    expect(events.map(({ id }) => id)).toEqual(['a', 'b', 'ü']);
    expect(head).toEqual({
      format: 'event-batch-v1',
      batch_ts: second,
      kid: 'batch-1',
      leaf_count: 3,
      merkle_root: expect.any(String),
    });
    const entry = { merkle_root: head.merkle_root, leaf_count: 3 };
    expect(JSON.parse(read('proof_append_only.json'))).toEqual([
      { batch_ts: first, ...entry, prev_root: null },
      { batch_ts: second, ...entry, prev_root: head.merkle_root },
    ]);
    expect(await folder.verify()).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.stringContaining('VALID: 3 events'),
    });
    expect(await folder.verify('--batch', first)).toMatchObject({ status: 0 });
    expect(await folder.verify('--batch', stampOf(first), '--json')).toMatchObject({ status: 0 });
  });

  it('says how a keystore is made where there is none, to signers and verifiers', async () => {
    const missing = join(folder.out, 'none', 'keystore.json');
    const events = file('new-events.json');
    mkdirSync(folder.out, { recursive: true });
    writeFileSync(events, '[{"id":"a"}]');
    for (const args of [
      ['sign-batch', '--events', events, '--out', folder.out],
      ['verify-batch', folder.out],
    ])
      expect(await touchstone([...args, '--keystore', missing])).toMatchObject({
        status: 4,
        stdout: '',
        stderr: expect.stringContaining(`touchstone keys new --use event-batch --keystore ${missing}`),
      });
  });

  it('keeps both formats side by side in one folder (R-BATCH-7)', async () => {
    for (const format of ['event-batch-v1', 'event-batch-v2', 'event-batch-v1', 'event-batch-v2'])
      expect(await folder.sign(['--format', format])).toMatchObject({ status: 0 });
    const times = (JSON.parse(read('proof_append_only.json')) as { batch_ts: string }[]).map(
      ({ batch_ts }) => batch_ts,
    );
    expect(times.map((time) => time.length)).toEqual([20, 24, 20, 24]);
    for (const time of times) expect(await folder.verify('--batch', time)).toMatchObject({ status: 0 });
    // The second note names the first, and that it is another one shows.
    const [, second, , fourth] = times.map((time) => `signature_${stampOf(time)}.json`);
    copyFileSync(file(fourth as string), file(second as string));
    expect(await folder.verify()).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('previous-mismatch'),
    });
  });

  it.each([
    ['[{"id":"b"} , {"id":"a"}]', 2],
    ['{"id":"a"}\r\n\n{"id":"b"}\n', 2],
  ])('reads JSON arrays and NDJSON, also from standard input: %s', async (text, leaf_count) => {
    const args = [
      'sign-batch',
      '--events',
      '-',
      '--out',
      folder.out,
      '--keystore',
      folder.keystore,
      '--json',
    ];
    const ended = await touchstone(args, { stdin: text, env: { ORACLE_ED25519_SEED: SEED_HEX } });
    expect(answerOf(ended.stdout)).toMatchObject({ result: 'SIGNED', leaf_count, guessable: 2, exitCode: 0 });
    expect(await folder.verify()).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('leaf-guessable: 2 events'),
    });
  });

  it.each([
    ['{"id":"a"', 'event-not-json', 'Event 1'],
    ['[{"id":"a"}', 'cut-off', ''],
    ['[]', 'no-events', ''],
    ['', 'no-events', ''],
    ['{"id":"a"}\n{"id":"a"}', 'duplicate-leaf', 'Events 1 and 2'],
    ['{"id":"a"}\n{"id":"b"}\n{"id":"a","n":1}', 'duplicate-id', 'Events 1 and 3'],
    [`{"id":"${'x'.repeat(55)}"}`, 'event-length-64', 'Event 1'],
    ['{"id":"a","n":1e400}', 'event-not-json', 'number-not-finite'],
  ])('refuses %j as %s and leaves the folder empty', async (text, reason, says) => {
    folder.write('events.ndjson', text);
    const ended = await folder.sign(['--json']);
    expect(ended).toMatchObject({ status: 1, stderr: '' });
    expect(answerOf(ended.stdout)).toMatchObject({
      result: 'INVALID',
      reason,
      message: expect.stringContaining(says),
      exitCode: 1,
    });
    expect(readdirSync(folder.out)).toEqual([]);
  });

  it('never lets the proof regress (R-BATCH-5)', async () => {
    const [first, second] = [daysFromNow(-2), daysFromNow(-1)];
    await folder.sign(['--at', second]);
    const before = read('proof_append_only.json');
    for (const at of [first, second])
      expect(await folder.sign(['--at', at])).toMatchObject({
        status: 1,
        stdout: expect.stringContaining('proof-order'),
      });
    // Put back, deleted, or emptied.
    await folder.sign();
    writeFileSync(file('proof_append_only.json'), before);
    expect(await folder.sign()).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('proof-regressed'),
    });
    expect(await folder.verify()).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('proof-regressed'),
    });
    for (const name of readdirSync(folder.out))
      if (/_\d{8}/.test(name) && !name.includes(stampOf(second))) rmSync(file(name));
    expect(await folder.sign()).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('which signature.json has'),
    });
    rmSync(file('proof_append_only.json'));
    expect(await folder.sign()).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('proof-regressed'),
    });
    expect(await folder.verify()).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('no folder of signed batches'),
    });
  });

  it('waits for the next second where a version counts seconds', async () => {
    for (let count = 0; count < 3; count += 1) expect(await folder.sign()).toMatchObject({ status: 0 });
    expect(JSON.parse(read('proof_append_only.json'))).toHaveLength(3);
  });

  it('lets one process write a folder at a time, and no dead one keep it', async () => {
    await folder.sign();
    writeFileSync(file('.sign-batch.lock'), String(process.pid));
    expect(await folder.sign()).toMatchObject({
      status: 4,
      stderr: expect.stringContaining(`Process ${process.pid} is writing`),
    });
    for (const holder of ['', '4194303999']) {
      writeFileSync(file('.sign-batch.lock'), holder);
      expect(await folder.sign()).toMatchObject({ status: 0 });
      expect(existsSync(file('.sign-batch.lock'))).toBe(false);
    }
  });
});
