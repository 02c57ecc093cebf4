import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AnchorFinal } from '@touchstone/contracts';
import { developmentNetwork } from '@touchstone/embedded';
import { waitUntil } from '@touchstone/testing';
import type { TestService } from '@touchstone/testing/service';
import { recordedOutput } from './support/leaves.js';
import { OTHER_NETWORK, SecondChain } from './support/second-chain.js';
import { WorkerFixture } from './support/worker-fixture.js';

const WAIT_MS = 30_000;

interface AnchorRow {
  readonly size: number;
  readonly state: string;
}

describe('the anchor-worker with two EVM networks in its configuration', () => {
  let second: SecondChain;
  let fixture: WorkerFixture;
  let service: TestService;
  let publish: Awaited<ReturnType<WorkerFixture['gateway']>>;
  beforeAll(async () => {
    second = await SecondChain.start();
    fixture = await WorkerFixture.create(second.place);
    service = await fixture.start();
    publish = await fixture.gateway();
  }, 60_000);
  afterAll(async () => {
    await fixture.close();
    await second.close();
  });

  const anchors = (network: string) =>
    fixture.rows<AnchorRow>(
      `SELECT checkpoint_size::int AS size, state FROM anchors.chain_anchor
       WHERE network = $1 ORDER BY checkpoint_size, created_at`,
      [network],
    );
  const nonces = (network: string) =>
    fixture.rows('SELECT DISTINCT nonce FROM anchors.lane_transaction WHERE network = $1', [network]);

  /** Runs of stages that failed; none has a figure before the first. */
  const failures = () => service.metric('touchstone_anchor_stage_retries_total').catch(() => 0);

  /** Has an output recorded and waits until it stands in a checkpoint, whose size it gives. */
  async function checkpointed(label: string): Promise<number> {
    const output = recordedOutput(label);
    await publish('evt.v1.inference.output.recorded', output);
    return waitUntil(
      async () => {
        const [row] = await fixture.rows<{ size: number | null }>(
          `SELECT min(c.size)::int AS size FROM anchors.checkpoint AS c, anchors.leaf JOIN anchors.batch USING (batch_id)
           WHERE leaf.nonce = decode($1, 'hex') AND c.size > batch.log_index`,
          [output.proof.nonce],
        );
        return row?.size ?? false;
      },
      WAIT_MS,
      `a checkpoint over ${label}`,
    );
  }

  const finalOn = (network: string, size: number) =>
    waitUntil(
      async () => {
        const rows = await anchors(network);
        return rows.every(({ state }) => state === 'final') && (rows.at(-1)?.size ?? 0) >= size;
      },
      WAIT_MS,
      `a final anchor of ${size} on ${network}`,
    );

  it('gets final anchors of a checkpoint on both, signed by one key', async () => {
    const size = await checkpointed('both');
    await Promise.all([developmentNetwork, OTHER_NETWORK].map((network) => finalOn(network, size)));
    const finals = await fixture.events<AnchorFinal>('evt.v1.anchor.anchor.final');
    const told = finals.filter(({ checkpointSize }) => Number(checkpointSize) === size);
    expect(told.map(({ network }) => network).sort()).toEqual([OTHER_NETWORK, developmentNetwork]);
    const submitters = await fixture.rows('SELECT DISTINCT submitter FROM anchors.chain_anchor');
    expect(submitters).toHaveLength(1);
  }, 60_000);

  it('goes on and stays ready while one is away, which catches up by one transaction', async () => {
    const before = await anchors(OTHER_NETWORK);
    const sent = (await nonces(OTHER_NETWORK)).length;
    const retries = await failures();
    await second.stop();
    const sizes: number[] = [];
    for (const label of ['away-1', 'away-2', 'away-3']) {
      const size = await checkpointed(label);
      sizes.push(size);
      await finalOn(developmentNetwork, size);
    }
    expect(new Set(sizes).size).toBe(3);
    expect(await anchors(OTHER_NETWORK)).toEqual(before);
    await waitUntil(async () => (await failures()) > retries, WAIT_MS, 'a look at the node that is away');
    await service.ready();
    await second.resume();
    await finalOn(OTHER_NETWORK, sizes[2] as number);
    expect(await anchors(OTHER_NETWORK)).toEqual([...before, { size: sizes[2], state: 'final' }]);
    expect(await nonces(OTHER_NETWORK)).toHaveLength(sent + 1);
    await service.ready();
  }, 120_000);
});
