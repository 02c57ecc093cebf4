import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { waitUntil } from '@touchstone/testing';
import { Outbox, OutboxRelay } from '../src/index.js';
import { nodeChangedBody, openTestSchema, type TestSchema } from './test-schema.js';

/** A relay of the built package, in a process that dies in the moment in which the bus acknowledged the second event. */
const relayThatDies = `
  import { createDataSource, OutboxRelay } from '@touchstone/postgres';
  const dataSource = await createDataSource(JSON.parse(process.env.OPTIONS)).initialize();
  let count = 0;
  new OutboxRelay({
    dataSource,
    pipelineMax: 1,
    publish: async (subject, payload, { msgId }) => {
      process.stdout.write(msgId + '\\n');
      count += 1;
      if (count === 2) setTimeout(() => process.kill(process.pid, 'SIGKILL'), 20);
      if (count === 2) await new Promise(() => undefined);
    },
  }).start();
`;

describe('a relay process that is killed between publish and mark', () => {
  let schema: TestSchema;
  beforeAll(async () => {
    schema = await openTestSchema('outbox_crash');
  });
  afterAll(() => schema.close());

  it('loses nothing: the next relay publishes the same ids again and the rest, in order', async () => {
    const outbox = new Outbox(schema.dataSource);
    const ids = await schema.dataSource.transaction((manager) =>
      outbox.appendMany(
        manager,
        [0, 1, 2, 3].map((number) => ({
          subject: 'evt.v1.attestation.node.changed',
          body: nodeChangedBody(number),
        })),
      ),
    );
    const { url, schema: name, applicationName } = schema.options;
    const child = spawn(process.execPath, ['--input-type=module', '-e', relayThatDies], {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      env: { PATH: process.env['PATH'], OPTIONS: JSON.stringify({ url, schema: name, applicationName }) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let stdout = '';
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    const signal = await new Promise((resolve) => child.once('close', (_code, by) => resolve(by)));
    expect(signal).toBe('SIGKILL');
    expect(stdout.trim().split('\n')).toEqual(ids.slice(0, 2));

    const published: string[] = [];
    const relay = new OutboxRelay({
      dataSource: schema.dataSource,
      pollMs: 20,
      publish: (_subject, _payload, { msgId }) => {
        published.push(msgId);
        return Promise.resolve();
      },
    });
    relay.start();
    try {
      await waitUntil(() => published.length >= 4);
      expect(published).toEqual(ids);
    } finally {
      await relay.stop();
    }
  });
});
