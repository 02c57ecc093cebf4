import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesToHex } from '@touchstone/crypto';
import { buildTree, leafHash } from '@touchstone/merkle';
import type { RpcClient } from '@touchstone/nats';
import { runService } from '@touchstone/platform/runtime';
import { SignerDouble } from '@touchstone/testing';
import { service } from '../src/service.js';
import { ORIGIN, SignerFixture } from './support/signer-fixture.js';
import { checkpoint, leaves } from './support/signer-requests.js';

const CHECKPOINT_SEED = '22'.repeat(32);
/** As a restore from a dump leaves it. */
const RESTORE = `
  CREATE TEMPORARY TABLE dumped AS SELECT * FROM signer.log_fence;
  TRUNCATE signer.log_fence;
  INSERT INTO signer.log_fence SELECT * FROM dumped`;

describe('the command log', () => {
  let fixture: SignerFixture;
  let worker: RpcClient;
  let folder: string;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'touchstone-log-'));
    fixture = await SignerFixture.create();
    await fixture.start();
    worker = await fixture.client('anchor-worker');
  });
  afterEach(async () => {
    await fixture.close();
    rmSync(folder, { recursive: true });
  });

  const sign = async (size: number, fromSize: number) =>
    (await worker.call('signer', 'sign-checkpoint', checkpoint(size, fromSize))).note;
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  /** Runs `main.js log …`; what it logs goes to the standard output of the test run. */
  const log = async (...args: string[]): Promise<{ code: number; stderr: string }> => {
    let stderr = '';
    const code = await new Promise<number>((resolve, reject) => {
      const host = {
        argv: ['node', 'main.js', 'log', ...args],
        env: { ...fixture.environment(), TOUCHSTONE_LOG_LEVEL: 'silent' },
        stdout: { write: () => true },
        stderr: { write: (text: string) => (stderr += text) },
        on: () => undefined,
        exit: resolve,
      };
      runService(service, host as never).catch(reject);
    });
    return { code, stderr };
  };
  const opens = async (...args: string[]) => {
    expect(await log('reopen', ...args)).toEqual({ code: 0, stderr: '' });
    return (await fixture.rows('SELECT * FROM signer.log_reopening ORDER BY id')).length;
  };
  const staysClosed = async (...args: string[]) => {
    expect((await log('reopen', ...args)).code).toBe(1);
    expect(await fixture.rows('SELECT * FROM signer.log_reopening')).toEqual([]);
    await expect(sign(9, 7)).rejects.toMatchObject({ code: 'checkpoint-refused' });
  };
  /** What another signer with a key would have signed for a log. */
  const signedElsewhere = async (
    seed: string,
    request: ReturnType<typeof checkpoint>,
    origin = ORIGIN,
  ): Promise<string> => {
    const signer = new SignerDouble({ origin, seeds: { checkpoint: seed } });
    const { note } = await signer.client('anchor-worker').call('signer', 'sign-checkpoint', {
      ...request,
      ...{ origin, consistency: { fromSize: '0', proof: [] } },
    });
    return note;
  };

  it('opens a restored log with the newest checkpoint that readers have, and the log goes on', async () => {
    const [older, newest] = [file('3', await sign(3, 0)), file('7', await sign(7, 3))];
    await fixture.rows(RESTORE);
    expect(await opens(older, newest)).toBe(1);
    await sign(9, 7);
    const [reopening] = await fixture.rows(
      'SELECT reason, size::int, vouched, notes FROM signer.log_reopening',
    );
    expect(reopening).toMatchObject({
      reason: 'the database was restored from a dump',
      size: 7,
      vouched: false,
    });
    expect(reopening?.['notes']).toHaveLength(2);
  });

  it('leaves an open log as it is, and opens no later restore by what opened an earlier one', async () => {
    const newest = file('7', (await sign(3, 0), await sign(7, 3)));
    expect(await opens(newest)).toBe(0);
    await fixture.rows(RESTORE);
    expect(await opens(newest)).toBe(1);
    expect(await opens(newest)).toBe(1);
    await sign(9, 7);
    await fixture.rows(RESTORE);
    await expect(sign(11, 9)).rejects.toMatchObject({ code: 'checkpoint-refused' });
    // The same file again is older than what the log holds by now.
    expect((await log('reopen', newest)).code).toBe(1);
    await expect(sign(11, 9)).rejects.toMatchObject({ code: 'checkpoint-refused' });
  });

  describe('stays closed', () => {
    beforeEach(async () => {
      await sign(3, 0);
      await sign(7, 3);
      await fixture.rows(RESTORE);
    });

    it('without a checkpoint, and with an older one, unless somebody answers for it that nobody has a newer one', async () => {
      const older = file('3', await signedElsewhere(CHECKPOINT_SEED, checkpoint(3, 0)));
      await staysClosed();
      await staysClosed(older);
      expect(await opens('--nobody-has-newer', older)).toBe(1);
      expect(await fixture.rows('SELECT vouched FROM signer.log_reopening')).toEqual([{ vouched: true }]);
      await sign(9, 7);
    });

    it('for a checkpoint that is newer than the database, whoever answers for it', async () => {
      const lost = file('12', await signedElsewhere(CHECKPOINT_SEED, checkpoint(12, 0)));
      await staysClosed(lost);
      await staysClosed('--nobody-has-newer', lost);
    });

    it('for a checkpoint of another history: another root at a size, and a size that was never signed', async () => {
      const fork = buildTree([...leaves.slice(0, 6), leafHash(Uint8Array.of(99))]);
      const forked = { ...checkpoint(7, 0), root: bytesToHex(fork.root) };
      await staysClosed(file('fork', await signedElsewhere(CHECKPOINT_SEED, forked)));
      await staysClosed(
        '--nobody-has-newer',
        file('5', await signedElsewhere(CHECKPOINT_SEED, checkpoint(5, 0))),
      );
    });

    it('for what this signer did not sign: another key, another log, a changed note, no note', async () => {
      const genuine = await signedElsewhere(CHECKPOINT_SEED, checkpoint(7, 0));
      await staysClosed(file('key', await signedElsewhere('09'.repeat(32), checkpoint(7, 0))));
      await staysClosed(
        file('origin', await signedElsewhere(CHECKPOINT_SEED, checkpoint(7, 0), 'localhost/other')),
      );
      await staysClosed(file('changed', genuine.replace('\n7\n', '\n8\n')));
      await staysClosed('--nobody-has-newer', file('nothing', ''));
      // One that is good does not make up for one that is not.
      await staysClosed(file('good', genuine), join(folder, 'changed'));
      expect(await opens(file('good', genuine))).toBe(1);
    });
  });

  it('closes an open log on demand, for a restore that the database does not notice', async () => {
    const newest = file('3', await sign(3, 0));
    expect((await log('close')).code).toBe(0);
    await expect(sign(7, 3)).rejects.toMatchObject({
      message: expect.stringContaining('an operator closed'),
    });
    expect((await log('status')).code).toBe(0);
    expect(await opens(newest)).toBe(1);
    await sign(7, 3);
  });

  it('opens the log of a database where nothing was signed', async () => {
    await fixture.rows(RESTORE);
    expect((await log('reopen')).code).toBe(1);
    expect(await opens('--nobody-has-newer')).toBe(1);
    await sign(3, 0);
  });

  it.each([
    [[], 'log takes status'],
    [['open'], 'not open'],
    [['status', 'x'], 'log takes'],
    [['close', '--nobody-has-newer'], 'log takes'],
    [['reopen', '--force'], '--force'],
    [['reopen', '/nonexistent'], '/nonexistent cannot be read (ENOENT)'],
  ])('refuses the arguments %j', async (args, message) => {
    expect(await log(...args)).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
  });
});
