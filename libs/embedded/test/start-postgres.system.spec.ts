import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { startPostgres, type PostgresOptions, type RunningPostgres } from '../src/index.js';

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

describe('embedded PostgreSQL', () => {
  let parent: string;
  let options: PostgresOptions;
  let running: RunningPostgres | undefined;
  const start = async (more: Partial<PostgresOptions> = {}): Promise<RunningPostgres> =>
    (running = await startPostgres({ ...options, ...more }));
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'touchstone-pg-'));
    chmodSync(parent, 0o711);
    options = {
      dataDir: join(parent, 'state', 'data'),
      password: 'a password of the tests',
      durable: false,
      checkout: parent,
      fallbackParent: parent,
      announce: () => undefined,
    };
  });
  afterEach(async () => {
    await running?.stop();
    running = undefined;
    rmSync(parent, { recursive: true, force: true });
  });

  it('listens on the loopback interface alone, asks for the password, and keeps its data', async () => {
    const first = await start();
    expect(await query(first.url(), 'show listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
    expect(await query(first.url(), 'show unix_socket_directories')).toEqual([
      { unix_socket_directories: '' },
    ]);
    await expect(query(first.url().replace('password', 'guess'), 'select 1')).rejects.toThrow(
      'password authentication failed',
    );
    await query(first.url(), 'create table kept (a int)');
    await first.stop();
    const second = await start();
    expect(await query(second.url(), 'select * from kept')).toEqual([]);
  });

  it('syncs to disk unless a test says otherwise', async () => {
    const durable = await start({ durable: true });
    expect(await query(durable.url(), 'show fsync')).toEqual([{ fsync: 'on' }]);
  });

  it('recovers from an initdb that was interrupted', async () => {
    mkdirSync(`${options.dataDir}.initializing/base`, { recursive: true });
    writeFileSync(`${options.dataDir}.password`, 'old');
    await expect(start()).resolves.toBeDefined();
  });

  it('recovers from a postmaster.pid whose pid belongs to another process by now', async () => {
    const { dataFolder, stop } = await start();
    await stop();
    writeFileSync(join(dataFolder, 'postmaster.pid'), `${process.pid}\n${dataFolder}\n`);
    await expect(start()).resolves.toBeDefined();
  });

  it('replaces a server that an earlier launcher left on the same data', async () => {
    const left = await start();
    const taken = await start();
    await expect(left.exited).resolves.toBeDefined();
    expect(await query(taken.url(), 'select 1 as a')).toEqual([{ a: 1 }]);
  });

  it('does not touch a folder with something else in it', async () => {
    mkdirSync(options.dataDir, { recursive: true });
    writeFileSync(join(options.dataDir, 'thesis.txt'), 'mine');
    await expect(start()).rejects.toMatchObject({ code: 'conflict' });
  });

  it('says that data and secrets do not belong together', async () => {
    await (await start()).stop();
    await expect(start({ password: 'another password than before' })).rejects.toMatchObject({
      code: 'config-invalid',
      message: expect.stringContaining('touchstone reset'),
    });
  });

  it('refuses a short password', async () => {
    await expect(start({ password: 'x'.repeat(15) })).rejects.toMatchObject({ code: 'config-invalid' });
  });

  it('runs from a checkout below a folder that only its owner may enter', async () => {
    chmodSync(parent, 0o711);
    const checkout = join(parent, 'home');
    mkdirSync(checkout, { mode: 0o700 });
    const { url, dataFolder } = await start({ checkout, dataDir: join(checkout, '.touchstone', 'data') });
    expect(await query(url(), 'select 1 as a')).toEqual([{ a: 1 }]);
    // An ordinary user runs it in place; root runs it as another user, who is kept out there.
    expect(dataFolder.startsWith(checkout)).toBe(process.getuid?.() !== 0);
  });
});
