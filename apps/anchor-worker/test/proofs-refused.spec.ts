import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ChainNodeProxy, chainNodes, waitUntil } from '@touchstone/testing';
import type { TestService } from '@touchstone/testing/service';
import { recordedOutput } from './support/leaves.js';
import { evmTarget, placeOf, WorkerFixture } from './support/worker-fixture.js';

const FINALITY_BLOCKS = 5n;

describe('the anchor-worker on a node that serves no proofs', () => {
  let fixture: WorkerFixture;
  let proxy: ChainNodeProxy;
  let service: TestService;
  beforeAll(async () => {
    fixture = await WorkerFixture.create();
    proxy = await ChainNodeProxy.start(fixture.chain.anvil.rpcUrl, {
      finalizedBehindBlocks: FINALITY_BLOCKS,
      ...chainNodes.withoutProofs,
    });
    const target = evmTarget({ ...placeOf(fixture.chain), url: proxy.url });
    service = await fixture.start({ TOUCHSTONE_ANCHOR_TARGETS: JSON.stringify([target]) });
  }, 60_000);
  afterAll(async () => {
    await fixture.close();
    await proxy.stop();
  });

  const readiness = async (): Promise<string> => (await fetch(`${service.healthUrl}/readyz?verbose`)).text();

  it('is not ready and says why, has a figure for it, and recovers by itself', async () => {
    expect(await service.metric('touchstone_anchor_target_troubled')).toBe(0);
    await (
      await fixture.gateway()
    )('evt.v1.inference.output.recorded', recordedOutput('refused'));
    await waitUntil(
      async () => (await service.metric('touchstone_anchor_target_troubled')) === 1,
      20_000,
      'the refusals to be counted',
    );
    const ready = await readiness();
    expect(ready).toMatch(/This node cannot serve eth_getProof for anchors: eth_getProof: the method/);
    proxy.become({ finalizedBehindBlocks: FINALITY_BLOCKS, ...chainNodes.reth });
    await waitUntil(async () => (await service.metric('touchstone_anchor_target_troubled')) === 0, 20_000);
    await waitUntil(async () => !(await readiness()).includes('eth_getProof'));
    const kept = await service.metric('touchstone_anchor_proofs_total', 'source="newest"');
    expect(kept).toBeGreaterThan(0);
  });
});
