import { appendFileSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { bytesToHex, createEd25519Signer } from '@touchstone/crypto';
import { KEYSTORE_FILE_BYTES_MAX } from '@touchstone/event-batch';
import { BatchFolder, daysFromNow, keyEntry, keystoreText, SEED_HEX } from './support/batch-folder.js';
import { touchstone } from './support/touchstone.js';

let folder: BatchFolder;
beforeEach(() => {
  folder = new BatchFolder();
});
afterEach(() => folder.remove());

const answerOf = (stdout: string): Record<string, unknown> => JSON.parse(stdout) as Record<string, unknown>;

describe('the key of sign-batch (R-BATCH-3)', () => {
  const other = bytesToHex(createEd25519Signer(new Uint8Array(32).fill(8)).publicKey);
  const variables = 'ORACLE_ED25519_SEED_BATCH_1 (or ORACLE_ED25519_SEED)';

  it.each([
    [{ ORACLE_ED25519_SEED: SEED_HEX }],
    [{ ORACLE_ED25519_SEED_BATCH_1: SEED_HEX }],
    [{ 'ORACLE_ED25519_SEED_batch-1': SEED_HEX, ORACLE_ED25519_SEED: 'of another key' }],
  ])('has its seed in the environment: %j', async (env) => {
    expect(await folder.sign(['--json'], env as unknown as Record<string, string>)).toMatchObject({
      status: 0,
    });
  });

  it.each<[string, Record<string, string>, string]>([
    ['none', {}, `Set ${variables} to the seed of the key batch-1`],
    ['an empty one', { ORACLE_ED25519_SEED: '' }, 'ORACLE_ED25519_SEED is not a seed'],
    [
      'upper case',
      { ORACLE_ED25519_SEED: SEED_HEX.replaceAll('0', 'A') },
      'ORACLE_ED25519_SEED is not a seed',
    ],
    [
      'a short one',
      { ORACLE_ED25519_SEED_BATCH_1: SEED_HEX.slice(2) },
      'ORACLE_ED25519_SEED_BATCH_1 is not a seed',
    ],
    ['that of another key', { ORACLE_ED25519_SEED: '08'.repeat(32) }, 'is not that of batch-1'],
  ])('stops with %s and says what to do', async (_name, env, says) => {
    const ended = await folder.sign([], env);
    expect(ended).toMatchObject({ status: 5, stdout: '', stderr: expect.stringContaining(says) });
    for (const secret of Object.values(env))
      if (secret.length > 3) expect(ended.stderr).not.toContain(secret);
    expect(readdirSync(folder.out)).toEqual([]);
  });

  it('is chosen among those that may sign', async () => {
    const retired = keyEntry({
      kid: 'old',
      public_key: other,
      status: 'retired',
      not_before: daysFromNow(-90),
      not_after: daysFromNow(-60),
    });
    folder.write('keystore.json', keystoreText(retired, keyEntry()));
    expect(await folder.sign()).toMatchObject({ status: 0, stdout: expect.stringContaining('with batch-1') });
    expect(await folder.sign(['--kid', 'old'])).toMatchObject({
      status: 5,
      stderr: expect.stringContaining('old: batch_ts lies after not_after'),
    });
    expect(await folder.sign(['--kid', 'none'])).toMatchObject({
      status: 5,
      stderr: expect.stringContaining('no key of this kid'),
    });
    expect(await folder.sign(['--at', daysFromNow(-40)])).toMatchObject({
      status: 5,
      stderr: expect.stringContaining('before not_before'),
    });
    folder.write('keystore.json', keystoreText());
    expect(await folder.sign()).toMatchObject({
      status: 5,
      stderr: expect.stringContaining('It has none for event-batch'),
    });
    folder.write('keystore.json', keystoreText(keyEntry({ status: 'retired' })));
    expect(await folder.sign()).toMatchObject({
      status: 5,
      stderr: expect.stringContaining('It states retired, its times say active'),
    });
  });

  it.each<[string, string[], number]>([
    ['no events file', ['--events', '/nowhere/events'], 4],
    ['no keystore', ['--keystore', '/nowhere/keystore.json'], 4],
    ['a time that is none', ['--at', '2026-02-30T00:00:00Z'], 2],
    ['a format that is none', ['--format', 'event-batch-v3'], 2],
  ])('stops with %s', async (_name, args, status) => {
    expect(await folder.sign(args)).toMatchObject({ status, stdout: '' });
  });

  it('is read from a keystore of at most KEYSTORE_FILE_BYTES_MAX', async () => {
    const text = keystoreText(keyEntry());
    const padding = ' '.repeat(KEYSTORE_FILE_BYTES_MAX - text.length);
    folder.write('keystore.json', `${text}${padding}`);
    expect(await folder.sign()).toMatchObject({ status: 0 });
    appendFileSync(folder.keystore, ' ');
    expect(await folder.sign()).toMatchObject({ status: 4 });
    folder.write('keystore.json', '{');
    expect(await folder.sign()).toMatchObject({
      status: 5,
      stderr: expect.stringContaining('is not a keystore'),
    });
    folder.write('keystore.json', '{"version":1,"keys":[{}]}');
    expect(await folder.verify()).toMatchObject({ status: 5 });
  });
});

describe('touchstone keys new', () => {
  const keystore = (): string => join(folder.root, 'deeper', 'keystore.json');
  const make = (...args: string[]) =>
    touchstone(['keys', 'new', '--use', 'event-batch', '--keystore', keystore(), ...args]);

  it('shows a seed once, with which batches are signed', async () => {
    const { stdout, status } = await make('--json', '--kid', 'ci.2026', '--days', '7');
    expect(status).toBe(0);
    const { seed, variable, entry } = answerOf(stdout) as {
      seed: string;
      variable: string;
      entry: { not_after: string };
    };
    expect(variable).toBe('ORACLE_ED25519_SEED_CI_2026');
    expect(readFileSync(keystore(), 'utf8')).not.toContain(seed);
    expect(Math.abs(Date.parse(entry.not_after) - Date.parse(daysFromNow(7)))).toBeLessThan(60_000);
    const env = { [variable]: seed };
    for (const format of ['event-batch-v1', 'event-batch-v2'])
      expect(await folder.sign(['--keystore', keystore(), '--format', format], env)).toMatchObject({
        status: 0,
      });
    expect(await folder.verify('--keystore', keystore())).toMatchObject({ status: 0 });
  });

  it('writes a seed for its owner alone, over no other file', async () => {
    const seedFile = join(folder.root, 'seed');
    const { stdout } = await make('--seed-file', seedFile);
    const seed = readFileSync(seedFile, 'utf8').trim();
    expect(seed).toMatch(/^[0-9a-f]{64}$/);
    expect(statSync(seedFile).mode & 0o777).toBe(0o600);
    expect(stdout).not.toContain(seed);
    expect(await make('--seed-file', seedFile)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('exists already'),
    });
    expect(readFileSync(seedFile, 'utf8').trim()).toBe(seed);
    expect((JSON.parse(readFileSync(keystore(), 'utf8')) as { keys: unknown[] }).keys).toHaveLength(1);
  });

  it('adds to a keystore, whose other keys get the status that their times give', async () => {
    await make('--kid', 'one');
    const [one] = (JSON.parse(readFileSync(keystore(), 'utf8')) as { keys: object[] }).keys;
    const past = { ...one, not_before: daysFromNow(-60), not_after: daysFromNow(-3) };
    writeFileSync(keystore(), keystoreText(past));
    expect(await make('--kid', 'two')).toMatchObject({ status: 0 });
    const { keys } = JSON.parse(readFileSync(keystore(), 'utf8')) as {
      keys: { kid: string; status: string }[];
    };
    expect(keys.map(({ kid, status }) => [kid, status])).toEqual([
      ['one', 'retiring'],
      ['two', 'active'],
    ]);
    expect(await make('--kid', 'two')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('registered before'),
    });
  });

  it('makes no key that could not be used', async () => {
    expect(await make('--kid', 'two words')).toMatchObject({ status: 2 });
    expect(await make('--name', 'two words')).toMatchObject({ status: 2 });
    expect(await touchstone(['keys', 'new', '--use', 'output'])).toMatchObject({ status: 2 });
    expect(existsSync(keystore())).toBe(false);
  });
});
