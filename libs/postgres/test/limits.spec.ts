import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { EventBody } from '@touchstone/contracts';
import { waitUntil } from '@touchstone/testing';
import {
  createDataSource,
  Outbox,
  OUTBOX_PAYLOAD_BYTES_MAX,
  OutboxRelay,
  POOL_DEFAULT_MAX,
  RELAY_BATCH_MAX,
  RELAY_PIPELINE_DEFAULT_MAX,
  uuidV7,
} from '../src/index.js';
import { nodeChangedBody, openTestSchema, type TestSchema } from './test-schema.js';

const FINAL = 'evt.v1.anchor.anchor.final';

/** An event whose JSON has exactly so many bytes. */
function finalOf(bytes: number): EventBody<typeof FINAL> {
  const body = (header: string, transaction: string): EventBody<typeof FINAL> => ({
    anchorId: uuidV7(),
    kind: 'evm',
    network: 'eip155:1',
    checkpointSize: '1',
    commitment: '00'.repeat(32),
    level: 'finalized',
    transaction,
    blockNumber: '1',
    proof: { header, accountProof: ['00'], storageProof: ['00'] },
    finalAt: '2026-01-02T03:04:05.006Z',
  });
  const missing = bytes - JSON.stringify(body('', '')).length;
  return body('00'.repeat(Math.floor(missing / 2)), 'x'.repeat(missing % 2));
}

describe('limits of the database', () => {
  let schema: TestSchema;
  let outbox: Outbox;
  beforeAll(async () => {
    schema = await openTestSchema('limits');
    outbox = new Outbox(schema.dataSource);
  });
  afterAll(() => schema.close());
  beforeEach(() => schema.dataSource.query('TRUNCATE signer.outbox'));

  const appendFinal = (bytes: number) =>
    schema.dataSource.transaction((manager) => outbox.append(manager, FINAL, finalOf(bytes)));
  const stored = async () => {
    const [row] = (await schema.dataSource.query(
      'SELECT count(*)::int AS count, max(length(payload)) AS bytes FROM signer.outbox',
    )) as [{ count: number; bytes: number }];
    return row;
  };

  it('an event of OUTBOX_PAYLOAD_BYTES_MAX is stored, a larger one is not', async () => {
    await appendFinal(OUTBOX_PAYLOAD_BYTES_MAX);
    await expect(appendFinal(OUTBOX_PAYLOAD_BYTES_MAX + 1)).rejects.toMatchObject({ code: 'internal' });
    expect(await stored()).toEqual({ count: 1, bytes: OUTBOX_PAYLOAD_BYTES_MAX });
  });

  it('a pool has POOL_DEFAULT_MAX connections; a further query waits for one', async () => {
    const dataSource = await createDataSource(schema.options).initialize();
    const runners = Array.from({ length: POOL_DEFAULT_MAX }, () => dataSource.createQueryRunner());
    await Promise.all(runners.map((runner) => runner.connect()));
    let answered = false;
    const further = dataSource.query('SELECT 1').then(() => (answered = true));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(answered).toBe(false);
    await runners[0]?.release();
    await further;
    await Promise.all(runners.slice(1).map((runner) => runner.release()));
    await dataSource.destroy();
  });

  it.each([
    ['RELAY_BATCH_MAX rows are read at a time', RELAY_BATCH_MAX, { pipelineMax: 2 * RELAY_BATCH_MAX }],
    ['RELAY_PIPELINE_DEFAULT_MAX publications are out at a time', RELAY_PIPELINE_DEFAULT_MAX, {}],
  ])('%s', async (_, most, options) => {
    await schema.dataSource.transaction((manager) =>
      outbox.appendMany(
        manager,
        Array.from({ length: most + 1 }, (_unused, number) => ({
          subject: 'evt.v1.attestation.node.changed' as const,
          body: nodeChangedBody(number),
        })),
      ),
    );
    let sent = 0;
    let open: () => void = () => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    const relay = new OutboxRelay({
      dataSource: schema.dataSource,
      ...options,
      publish: () => {
        sent += 1;
        return opened;
      },
    });
    relay.start();
    await waitUntil(() => sent >= most);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(sent).toBe(most);
    open();
    await waitUntil(() => sent === most + 1);
    await relay.stop();
  });
});
