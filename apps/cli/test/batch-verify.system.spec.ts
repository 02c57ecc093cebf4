import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { pythonWithCryptography } from '@touchstone/testing';
import { BatchFolder, daysFromNow, eventLine, keyEntry, keystoreText } from './support/batch-folder.js';
import { touchstone } from './support/touchstone.js';

const INDEPENDENT = fileURLToPath(new URL('../../../tools/verify_batch.py', import.meta.url));
let folder: BatchFolder;
beforeEach(() => {
  folder = new BatchFolder();
});
afterEach(() => folder.remove());

const file = (name: string): string => join(folder.out, name);
const read = (name: string): string => readFileSync(file(name), 'utf8');
const stampOf = (time: string): string => time.replaceAll(/[-:.]/g, '');
const answerOf = (stdout: string): Record<string, unknown> => JSON.parse(stdout) as Record<string, unknown>;

const python = pythonWithCryptography();
/** What the verifier says that shares no code with ours. */
const verdictOf = (command: string): unknown => {
  const args = [INDEPENDENT, folder.out, '--keystore', folder.keystore, '--json'];
  return JSON.parse(spawnSync(command, args, { encoding: 'utf8' }).stdout);
};

describe('touchstone verify-batch (R-BATCH-4, R-BATCH-6)', () => {
  const at = daysFromNow(-1);
  const given = new BatchFolder();
  beforeAll(async () => {
    expect(await given.sign(['--at', at])).toMatchObject({ status: 0 });
  });
  afterAll(() => given.remove());

  const batch = `batch_${stampOf(at)}.json`;
  const signature = `signature_${stampOf(at)}.json`;
  const edit = (name: string, change: (text: string) => string): void =>
    writeFileSync(file(name), change(read(name)));

  it.each<[string, () => void, string]>([
    ['cut off', () => edit(batch, (text) => text.slice(0, -30)), 'cut-off'],
    ['edited', () => edit(batch, (text) => text.replace('"salt":"u', '"salt":"v')), 'root-mismatch'],
    ['re-dated', () => edit(signature, (text) => text.replace(at, daysFromNow(-0.5))), 're-dated'],
    [
      'signed with another algorithm',
      () => edit(signature, (text) => text.replace('Ed25519', 'ES256K')),
      'algorithm',
    ],
    [
      'with its last event twice',
      () => edit(batch, (text) => text.replace('\n]}', `,\n${eventLine('ü')}\n]}`)),
      'duplicate-leaf',
    ],
    [
      'with a signature of zeros',
      () => edit(signature, (text) => text.replace(/[0-9a-f]{128}/, '0'.repeat(128))),
      'bad-signature',
    ],
    [
      'under another name',
      () =>
        ['batch', 'signature'].forEach((name) =>
          renameSync(file(`${name}_${stampOf(at)}.json`), file(`${name}_${stampOf(daysFromNow(-1.5))}.json`)),
        ),
      'proof-regressed',
    ],
    [
      'with another copy of the newest',
      () => edit('batch_latest.json', (text) => text.replace('"id":"a"', '"id":"A"')),
      'copies-differ',
    ],
    ['with a longer copy of the newest', () => appendFileSync(file('signature.json'), '\n'), 'copies-differ'],
    ['without a copy of the newest', () => rmSync(file('signature.json')), 'copies-differ'],
    [
      'with a proof that is cut off',
      () => edit('proof_append_only.json', (text) => text.slice(0, -3)),
      'cut-off',
    ],
    [
      'with another root in the proof',
      () => edit('proof_append_only.json', (text) => text.replace('"leaf_count":3', '"leaf_count":4')),
      'not-in-proof',
    ],
    [
      'with an empty proof',
      () => (
        rmSync(file(batch)),
        rmSync(file(signature)),
        writeFileSync(file('proof_append_only.json'), '[]')
      ),
      'not-in-proof',
    ],
    [
      'by a key that was revoked',
      () =>
        void folder.write(
          'keystore.json',
          keystoreText(keyEntry({ status: 'revoked', revoked_at: daysFromNow(0) })),
        ),
      'key-revoked',
    ],
    [
      'by a key that retired',
      () =>
        void folder.write(
          'keystore.json',
          keystoreText(
            keyEntry({ status: 'retired', not_before: daysFromNow(-60), not_after: daysFromNow(-8) }),
          ),
        ),
      'key-expired',
    ],
    ['by a key that nobody knows', () => void folder.write('keystore.json', keystoreText()), 'unknown-key'],
  ])('refuses a batch that is %s', async (_name, tamper, reason) => {
    cpSync(given.out, folder.out, { recursive: true });
    tamper();
    const ended = await folder.verify('--json');
    expect(ended).toMatchObject({ status: 1, stderr: '' });
    expect(answerOf(ended.stdout)).toMatchObject({ result: 'INVALID', reason, exitCode: 1 });
    if (python !== undefined) expect(verdictOf(python)).toEqual({ result: 'INVALID', reason });
  });

  it('says what is wrong in a sentence too', async () => {
    cpSync(given.out, folder.out, { recursive: true });
    edit(batch, (text) => text.slice(0, -30));
    expect(await folder.verify()).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('INVALID (cut-off): '),
    });
  });

  it('judges a retired key by the seven days after not_after', async () => {
    await folder.sign(['--at', daysFromNow(-20)]);
    const entry = (days: number, status: 'retiring' | 'retired'): string =>
      keystoreText(keyEntry({ not_before: daysFromNow(-60), not_after: daysFromNow(days), status }));
    folder.write('keystore.json', entry(-6, 'retiring'));
    expect(await folder.verify()).toMatchObject({ status: 0 });
    folder.write('keystore.json', entry(-8, 'retired'));
    expect(await folder.verify()).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('key-retired'),
    });
  });

  it('compares the proof with a copy that somebody kept', async () => {
    await folder.sign();
    copyFileSync(file('proof_append_only.json'), join(folder.root, 'kept.json'));
    await folder.sign();
    const kept = join(folder.root, 'kept.json');
    expect(await folder.verify('--earlier-proof', kept)).toMatchObject({ status: 0 });
    rmSync(folder.out, { recursive: true });
    await folder.sign();
    expect(await folder.verify()).toMatchObject({ status: 0 });
    expect(await folder.verify('--earlier-proof', kept)).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('proof-regressed'),
    });
  });

  it('agrees with the verifier that shares no code with ours on what is valid', async () => {
    for (const format of ['event-batch-v2', 'event-batch-v1', 'event-batch-v2'])
      await folder.sign(['--format', format]);
    expect(await folder.verify()).toMatchObject({ status: 0 });
    if (python !== undefined) expect(verdictOf(python)).toMatchObject({ result: 'VALID', leaf_count: 3 });
  });

  it('takes the keystore of the folder where none is named, and says so', async () => {
    await folder.sign();
    copyFileSync(folder.keystore, file('keystore.json'));
    const ended = await touchstone(['verify-batch', folder.out]);
    expect(ended).toMatchObject({
      status: 0,
      stdout: expect.stringContaining(`because ${file('keystore.json')} has it`),
    });
  });

  it('says what it cannot read', async () => {
    cpSync(given.out, folder.out, { recursive: true });
    expect(await folder.verify('--batch', 'yesterday')).toMatchObject({ status: 2 });
    expect(await folder.verify('--batch', daysFromNow(-3))).toMatchObject({ status: 4 });
    rmSync(file(batch));
    expect(await folder.verify()).toMatchObject({ status: 4, stderr: expect.stringContaining(batch) });
    expect(await touchstone(['verify-batch', '/nowhere', '--keystore', folder.keystore])).toMatchObject({
      status: 4,
    });
  });
});
