import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { callRpc } from '@touchstone/embedded';
import { SignerDouble, startTestAnvil, waitUntil } from '@touchstone/testing';
import { PostgresAnchorReader } from '../src/persistence/postgres-anchor-reader.js';
import { PostgresLeafStageReader } from '../src/persistence/postgres-leaf-stage-reader.js';
import { AnchorFixture, rpcOf, type AnchorPlace, type TestChain } from './support/anchor-fixture.js';
import type { Replica } from './support/log-fixture.js';
import { deployRegistry, OTHER_CHAIN_ID, OTHER_NETWORK } from './support/second-chain.js';

const HOUR_MS = 3_600_000;

describe('two EVM networks', () => {
  let chain: TestChain;
  let second: Awaited<ReturnType<typeof startTestAnvil>>;
  let fixture: AnchorFixture;
  let other: AnchorPlace;
  /** Whether the node of the second network answers. */
  let isAway: boolean;
  let replica: Replica;

  beforeAll(async () => {
    chain = await AnchorFixture.startChain();
    second = await startTestAnvil({ chainId: OTHER_CHAIN_ID, finalizes: false });
  }, 60_000);
  afterAll(async () => {
    await second.stop();
    await chain.anvil.stop();
  });

  beforeEach(async () => {
    fixture = await AnchorFixture.create(chain);
    isAway = false;
    const node = rpcOf(second.rpcUrl, OTHER_NETWORK);
    const contract = await deployRegistry(second.rpcUrl);
    const signer = new SignerDouble({ chainId: OTHER_CHAIN_ID, contracts: { anchor: contract } });
    other = {
      network: OTHER_NETWORK,
      contract,
      signer,
      rpc: (method, params) => (isAway ? Promise.reject(new Error('away')) : node(method, params)),
    };
    replica = await fixture.replica({ beside: other });
  });
  afterEach(async () => {
    await replica.pipeline.stop();
    await fixture.close();
  });

  const call = <T>(method: string, params: unknown[] = []) => callRpc<T>(second.rpcUrl, method, params);

  const anchors = (network: string) =>
    fixture.log.rows<{ size: string; state: string }>(
      `SELECT checkpoint_size::text AS size, state FROM anchors.chain_anchor WHERE network = '${network}'
       ORDER BY chain_anchor.checkpoint_size, created_at`,
    );
  const finalOn = (network: string, ...sizes: string[]) =>
    waitUntil(
      async () => {
        // Nothing mines the second network by itself, so that what is not final stays so until a test wants it.
        if (network === OTHER_NETWORK) await call('evm_mine');
        const final = (await anchors(network)).filter(({ state }) => state === 'final');
        return final.map(({ size }) => size).join() === sizes.join();
      },
      20_000,
      `anchors of ${sizes.join()} on ${network}`,
    );
  const here = 'eip155:84532';

  it('get an anchor of a checkpoint each, which two events tell with their proofs', async () => {
    replica.pipeline.start();
    await fixture.publish(replica, 'both', 2);
    await Promise.all([finalOn(here, '1'), finalOn(OTHER_NETWORK, '1')]);
    const stages = new PostgresLeafStageReader(replica.dataSource);
    const measured = await Promise.all([here, OTHER_NETWORK].map((network) => stages.anchored(1n, network)));
    expect(measured.flat()).toHaveLength(2);
    const told = (await fixture.finals()).map(({ network, commitment }) => ({ network, commitment }));
    expect(told.map(({ network }) => network).sort()).toEqual([OTHER_NETWORK, here]);
    expect(new Set(told.map(({ commitment }) => commitment)).size).toBe(1);
    const roots = await new PostgresAnchorReader(replica.dataSource).roots('model-a', {
      limit: 1,
      before: undefined,
    });
    expect(roots?.map(({ root }) => root)).toEqual([roots?.[0]?.root, roots?.[0]?.root]);
    expect(roots?.map(({ network }) => network).sort()).toEqual([OTHER_NETWORK, here]);
    for (const listed of roots ?? []) expect(listed.txid).toMatch(/^0x[0-9a-f]{64}$/);
  });

  it('are listed with their first anchors only, the newest root first', async () => {
    replica.pipeline.start();
    await fixture.publish(replica, 'one');
    await Promise.all([finalOn(here, '1'), finalOn(OTHER_NETWORK, '1')]);
    isAway = true;
    await fixture.publish(replica, 'two');
    await finalOn(here, '1', '2');
    const roots = await new PostgresAnchorReader(replica.dataSource).roots('model-a', {
      limit: 10,
      before: undefined,
    });
    expect(roots?.map(({ logIndex }) => logIndex)).toEqual([1n, 0n, 0n]);
    expect(roots?.[0]?.network).toBe(here);
    expect(
      roots
        ?.slice(1)
        .map(({ network }) => network)
        .sort(),
    ).toEqual([OTHER_NETWORK, here]);
  });

  it('do not wait for each other: one whose node is away for an hour catches up by one transaction', async () => {
    isAway = true;
    replica.pipeline.start();
    const sizes = ['1', '2', '3'];
    for (const size of sizes) {
      await fixture.publish(replica, `away-${size}`);
      await finalOn(here, ...sizes.slice(0, Number(size)));
    }
    expect(await anchors(OTHER_NETWORK)).toEqual([]);
    expect(replica.failures.length).toBeGreaterThan(0);
    fixture.clockAheadMs = HOUR_MS;
    isAway = false;
    await finalOn(OTHER_NETWORK, '3');
    expect(other.signer.transactions).toHaveLength(1);
    expect((await anchors(here)).map(({ size }) => size)).toEqual(sizes);
  });

  it('do not share what becomes of their blocks: one reorganises, the other stays final', async () => {
    await call('evm_setAutomine', [false]);
    const snapshot = await call<string>('evm_snapshot');
    replica.pipeline.start();
    await fixture.publish(replica, 'reorganised');
    await waitUntil(
      async () => (await anchors(OTHER_NETWORK))[0]?.state === 'sent',
      20_000,
      'the anchor to be sent',
    );
    await call('evm_mine');
    await waitUntil(async () => (await anchors(OTHER_NETWORK))[0]?.state === 'included', 20_000, 'its block');
    await finalOn(here, '1');
    await call('evm_revert', [snapshot]);
    await call('evm_mine');
    await call('evm_setAutomine', [true]);
    await finalOn(OTHER_NETWORK, '1');
    expect(replica.events.map(({ kind }) => kind)).toContain('orphaned');
    expect(await anchors(here)).toEqual([{ size: '1', state: 'final' }]);
    expect((await fixture.finals()).map(({ network }) => network).sort()).toEqual([OTHER_NETWORK, here]);
  });
});
