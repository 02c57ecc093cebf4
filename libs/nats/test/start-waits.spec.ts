import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  HEALTH,
  HealthRegistry,
  LOGGER,
  METRICS,
  Registry,
  createLogger,
} from '@touchstone/platform/observability';
import { SHUTDOWN, Shutdown } from '@touchstone/platform/runtime';
import { waitUntil } from '@touchstone/testing';
import { MeshModule, provision } from '../src/index.js';
import { OwnServer } from './own-server.js';

type Change = Partial<Parameters<typeof MeshModule.forRoot>[0]>;

/** The part of a service that joins the mesh, while it starts. */
class Joining {
  readonly lines: { level: string; reason?: string }[] = [];
  readonly health = new HealthRegistry();
  readonly shutdown: Shutdown;
  readonly joined: Promise<{ close(): Promise<void> }>;

  constructor(server: OwnServer, change: Change = {}) {
    const write = (line: string) => void this.lines.push(JSON.parse(line) as { level: string });
    const logger = createLogger({
      service: 'signer',
      version: '0.0.0',
      level: 'warn',
      destination: { write },
    });
    this.shutdown = new Shutdown(logger, 1_000);
    const values = [
      [HEALTH, this.health],
      [LOGGER, logger],
      [METRICS, new Registry()],
      [SHUTDOWN, this.shutdown],
    ] as const;
    class Parts {}
    Module({})(Parts);
    class Root {}
    const parts = {
      module: Parts,
      global: true,
      providers: values.map(([provide, useValue]) => ({ provide, useValue })),
      exports: values.map(([token]) => token),
    };
    const mesh = MeshModule.forRoot({
      service: 'signer',
      url: server.url,
      ...server.login('signer'),
      provisioned: { streams: ['SIGNING'] },
      ...change,
    });
    Module({ imports: [parts, mesh] })(Root);
    this.joined = NestFactory.createApplicationContext(Root, { logger: false, abortOnError: false });
    this.joined.catch(() => undefined);
  }

  /** Why NATS keeps it from being ready. */
  async reason(): Promise<string | undefined> {
    const { checks } = await this.health.readiness();
    return checks.find(({ name, ok }) => name === 'nats' && !ok)?.detail;
  }
}

describe('a service whose mesh is not as it should be when it starts', () => {
  let server: OwnServer;
  beforeEach(async () => {
    server = new OwnServer();
    await server.start();
  }, 30_000);
  afterEach(() => server.close());

  it('waits for the streams, and goes on by itself once they are there', async () => {
    const joining = new Joining(server);
    await waitUntil(async () => (await joining.reason())?.includes('no stream SIGNING: run nats-provision'));
    const { nc } = await server.connect('provisioner');
    await provision(nc, { maxBytes: 16_777_216 });
    await joining.joined;
    expect(await joining.reason()).toBeUndefined();
    expect(joining.lines).toHaveLength(1);
    await joining.shutdown.run('test');
  });

  it.each([
    [
      'a refused login',
      { password: 'hunter2hunter2' },
      'refuses the user name or password. Correct the password of',
    ],
    ['no server', { url: 'nats://127.0.0.1:1' }, 'correct NATS_URL (ECONNREFUSED)'],
  ])(
    'waits after %s, says once what to do without the password, and ends when asked',
    async (_name, change, words) => {
      const joining = new Joining(server, change);
      await waitUntil(async () => (await joining.reason())?.includes(words));
      await joining.shutdown.run('test');
      await expect(joining.joined).rejects.toThrow(words);
      expect(joining.lines).toEqual([expect.objectContaining({ level: 'error', dependency: 'nats' })]);
      const said = JSON.stringify(joining.lines);
      expect(said).not.toContain('hunter2');
      expect(said).not.toContain('    at ');
    },
  );
});
