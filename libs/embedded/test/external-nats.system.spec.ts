import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@touchstone/testing';
import { freePort, startStack, type StackOptions } from '../src/index.js';
import { locateNatsServer } from '../src/nats/locate-nats-server.js';

const USERS = 'authorization { user: admin, password: hunter2 }';

describe('a NATS server of somebody else', () => {
  let folder: string;
  let port: number;
  let server: ChildProcess | undefined;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'touchstone-external-nats-'));
    chmodSync(folder, 0o711);
    port = await freePort();
  });
  afterEach(async () => {
    if (server) {
      const exited = once(server, 'exit');
      server.kill('SIGKILL');
      await exited;
      server = undefined;
    }
    rmSync(folder, { recursive: true, force: true });
  });

  async function startServer(...lines: string[]): Promise<void> {
    const file = join(folder, 'nats.conf');
    writeFileSync(file, [`listen: 127.0.0.1:${port}`, ...lines].join('\n'));
    const { path } = await locateNatsServer(() => undefined);
    server = spawn(path, ['-c', file], { stdio: 'ignore' });
    await waitUntil(
      () =>
        new Promise<boolean>((resolve) => {
          const socket = connect(port, '127.0.0.1', () => resolve(socket.destroy() !== undefined));
          socket.on('error', () => resolve(false));
        }),
      10_000,
    );
  }
  const start = (natsUrl: string, options: Partial<StackOptions> = {}) =>
    startStack({
      root: folder,
      stateDir: join(folder, 'state'),
      services: [],
      restart: false,
      durable: false,
      environment: { ...process.env, NATS_URL: natsUrl },
      ...options,
    });

  it('is used with the credentials of its URL, which are written nowhere', async () => {
    await startServer(`jetstream { store_dir: ${folder}/js }`, USERS);
    const stack = await start(`nats://admin:hunter2@127.0.0.1:${port}`);
    expect(stack.description.nats).toEqual({ url: `nats://127.0.0.1:${port}`, version: 'external' });
    expect(stack.natsLogin('signer')).toEqual({ user: 'admin', password: 'hunter2' });
    expect(readFileSync(join(folder, 'state', 'stack.json'), 'utf8')).not.toContain('hunter2');
    await stack.stop();
    expect(server?.exitCode).toBeNull();
  }, 60_000);

  it.each([
    ['without JetStream', [], 'no JetStream answers on the server; start nats-server with --jetstream.'],
    [
      'with another password',
      [USERS],
      'the NATS server refuses the user name or password. .* for this user.',
    ],
    ['that is down', undefined, 'no server answers: start it, or correct NATS_URL \\(ECONNREFUSED\\).'],
  ])(
    '%s is named in one line that says what to do',
    async (_what, lines, end) => {
      if (lines) await startServer(...lines);
      const failure = await start(`nats://admin:wrong@127.0.0.1:${port}`).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'dependency-unavailable' });
      const { message } = failure as Error;
      expect(message).toMatch(
        new RegExp(`^Streams could not be created in NATS at nats://127.0.0.1:${port}: .*${end}$`),
      );
    },
    60_000,
  );

  it('with a URL that is none is a mistake of the configuration, which is not repeated', async () => {
    await expect(start('http://admin:hunter2@x')).rejects.toMatchObject({
      code: 'config-invalid',
      message: expect.not.stringContaining('hunter2'),
    });
  }, 60_000);
});
