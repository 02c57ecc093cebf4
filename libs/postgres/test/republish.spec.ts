import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { silentLogger, type Logger } from '@touchstone/platform/observability';
import type { PublishEvent } from '@touchstone/platform/wiring';
import { waitUntil } from '@touchstone/testing';
import { OutboxRelay, republish, REPUBLISH_STEP_ROWS_MAX, readSelection } from '../src/index.js';
import { readRepublishArguments } from '../src/outbox/republish-arguments.js';
import { openTestSchema, type TestSchema } from './test-schema.js';

/** Well within the retention, so that no relay prunes. */
const START = Math.floor(Date.now() / 1_000) * 1_000 - 86_400_000;
/** Three steps, the last one not full. */
const ROWS = 2 * REPUBLISH_STEP_ROWS_MAX + 500;
const timeOf = (number: number) => START + number * 1_000;

describe('events that are published again', () => {
  let schema: TestSchema;
  let relay: OutboxRelay | undefined;
  beforeAll(async () => {
    schema = await openTestSchema('republish');
  });
  afterAll(() => schema.close());
  afterEach(async () => {
    await relay?.stop();
    relay = undefined;
  });
  /** Row n is published and a second older than row n + 1. */
  beforeEach(async () => {
    await schema.dataSource.query('TRUNCATE signer.outbox RESTART IDENTITY');
    await schema.dataSource.query(
      `INSERT INTO signer.outbox (message_id, subject, headers, payload, created_at, published_at)
       SELECT ('00000000-0000-7000-8000-' || lpad(number::text, 12, '0'))::uuid, 'evt.v1.test', '{}', ''::bytea,
              to_timestamp($2::float8 / 1000 + number), to_timestamp($2::float8 / 1000 + number)
       FROM generate_series(0, $1 - 1) AS number`,
      [ROWS, START],
    );
  });

  const messageId = (number: number) => `00000000-0000-7000-8000-${String(number).padStart(12, '0')}`;
  const pending = async (): Promise<string[]> => {
    const rows = (await schema.dataSource.query(
      'SELECT message_id AS id FROM signer.outbox WHERE published_at IS NULL ORDER BY outbox.id',
    )) as { id: string }[];
    return rows.map(({ id }) => id);
  };
  const since = (number: number, dryRun?: boolean) =>
    republish(schema.options, { sinceMs: timeOf(number) }, dryRun);

  it.each([0, 1, REPUBLISH_STEP_ROWS_MAX, REPUBLISH_STEP_ROWS_MAX + 1, ROWS - 1])(
    'are those since row %i, that one with them',
    async (first) => {
      expect(await since(first)).toBe(ROWS - first);
      const ids = await pending();
      expect([ids.length, ids[0], ids.at(-1)]).toEqual([ROWS - first, messageId(first), messageId(ROWS - 1)]);
    },
  );

  it('are none after the last one, and none of an empty outbox', async () => {
    expect(await since(ROWS)).toBe(0);
    await schema.dataSource.query('TRUNCATE signer.outbox');
    expect(await since(0)).toBe(0);
  });

  it('are only counted when nothing shall happen, and those that wait already are not counted', async () => {
    await schema.dataSource.query('UPDATE signer.outbox SET published_at = NULL WHERE id <= 2');
    expect(await since(0, true)).toBe(ROWS - 2);
    expect(await pending()).toHaveLength(2);
  });

  it('are the one that a message id names', async () => {
    const one = (number: number, dryRun?: boolean) =>
      republish(schema.options, { messageId: messageId(number) }, dryRun);
    expect(await one(7, true)).toBe(1);
    expect(await pending()).toEqual([]);
    expect(await one(7)).toBe(1);
    expect(await one(7)).toBe(0);
    expect(await one(ROWS)).toBe(0);
    expect(await pending()).toEqual([messageId(7)]);
  });

  it('go out in their order under their first ids, while the relay runs', async () => {
    const sent: string[] = [];
    const publish: PublishEvent = (_subject, _payload, { msgId }) => {
      sent.push(msgId);
      return Promise.resolve();
    };
    const paused: unknown[] = [];
    const logger = { ...silentLogger(), warn: ({ err }: { err: unknown }) => paused.push(err) };
    relay = new OutboxRelay({
      ...{ dataSource: schema.dataSource, publish, pollMs: 20 },
      logger: logger as unknown as Logger,
    });
    relay.start();
    const first = REPUBLISH_STEP_ROWS_MAX - 5;
    expect(await since(first)).toBe(ROWS - first);
    await waitUntil(() => {
      // A pause that is not understood is told, and not only waited for.
      if (paused.length > 0) throw new Error(`The relay paused after ${sent.length}.`, { cause: paused[0] });
      return sent.length === ROWS - first;
    });
    expect(sent).toEqual(Array.from({ length: ROWS - first }, (_, index) => messageId(first + index)));
  });

  it('are named by the database when it is away', async () => {
    const away = { ...schema.options, url: 'postgresql://nobody:x@127.0.0.1:1/none' };
    await expect(republish(away, { sinceMs: 0 })).rejects.toMatchObject({ code: 'dependency-unavailable' });
  });
});

describe('the arguments of republish', () => {
  const now = Date.UTC(2026, 0, 10);
  const read = (...args: string[]) => readRepublishArguments(args, now);

  it.each([
    [['--since', '90m'], { sinceMs: now - 5_400_000 }],
    [['--since=2h'], { sinceMs: now - 7_200_000 }],
    [['--since', '3d'], { sinceMs: now - 259_200_000 }],
    [['--since', '2026-01-09T23:59:59.5Z'], { sinceMs: now - 500 }],
    [['--since', '2026-01-10T01:59:59.500000000+02:00'], { sinceMs: now - 500 }],
    [['--message', messageIdOf('a')], { messageId: messageIdOf('a') }],
  ])('take %j', (args, selection) => {
    expect(read(...args)).toEqual({ selection, dryRun: false });
    expect(read(...args, '--dry-run')).toEqual({ selection, dryRun: true });
  });

  it.each([
    [[]],
    [['--since', '2h', '--message', messageIdOf('a')]],
    [['--since', 'yesterday']],
    [['--since', '2026-01-09T00:00:00']],
    [['--since', '2025-02-30T00:00:00Z']],
    [['--since', '2026-01-10T00:00:01Z']],
    [['--since', '-1h']],
    [['--message', 'x']],
    [['--all']],
    [['more']],
  ])('refuse %j', (args) => {
    expect(() => read(...args)).toThrow(expect.objectContaining({ code: 'validation-failed' }));
  });

  it('are read for other command lines too', () => {
    expect(readSelection({ since: '1s' }, now)).toEqual({ sinceMs: now - 1_000 });
  });
});

function messageIdOf(digit: string): string {
  return `0123456${digit}-0000-7000-8000-000000000000`;
}
