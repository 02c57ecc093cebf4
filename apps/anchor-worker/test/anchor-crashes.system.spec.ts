import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { available, isOpensslPresent, OPENSSL_REMEDY } from '@touchstone/testing';
import { AnchorFixture, type TestChain } from './support/anchor-fixture.js';
import { CrashScene } from './support/crash-scene.js';
import { turbulent } from './support/crash-script.js';
import { endAtEach, ENDINGS, type Ending } from './support/death.js';
import { TokenScene } from './support/token-scene.js';

const describeWithOpenssl = available(isOpensslPresent(), OPENSSL_REMEDY) ? describe : describe.skip;

// Every operation, and every way to end at it, is tried by the exhaustive spec.
describe('an anchor in a contract, of whose process this is the last', () => {
  let chain: TestChain;
  let scene: CrashScene;
  let operations: readonly string[];
  beforeAll(async () => {
    chain = await AnchorFixture.startChain({ finalizes: false });
    scene = await CrashScene.create(chain);
    operations = await scene.run(turbulent);
  }, 60_000);
  afterAll(async () => {
    await scene.close();
    await chain.anvil.stop();
  });

  it.each<[string, Ending]>([
    ['lane.prepare', 'after'],
    ['signer.sign', 'after'],
    ['node.eth_sendRawTransaction', 'after'],
    ['lane.markSent', 'overtaken'],
    ['lane.addAttempt', 'after'],
    ['lane.place', 'after'],
    ['anchors.markIncluded', 'overtaken'],
    ['anchors.markOrphaned', 'after'],
    ['lane.reopen', 'after'],
    ['lane.finish', 'after'],
    ['anchors.finish', 'after'],
    ['anchors.finish', 'overtaken'],
  ])('is made once (%s, %s)', async (name, ending) => {
    const place = operations.indexOf(name);
    expect(place).toBeGreaterThanOrEqual(0);
    await scene.run(turbulent, { place, ending });
  });
});

describeWithOpenssl('a token, whose process ends at any operation', () => {
  let scene: TokenScene;
  beforeAll(async () => {
    scene = await TokenScene.create();
  }, 60_000);
  afterAll(() => scene.close());

  it.each(ENDINGS)(
    'is stored once, and nothing that is none (%s)',
    async (ending) => {
      const operations = await scene.run();
      expect(operations).toContain('authority.stamp');
      await endAtEach(operations, [ending], (at) => scene.run(at));
    },
    60_000,
  );

  it('is had by the letter about refusals, which comes again', async () => {
    await endAtEach(await scene.runStuck('honest'), ENDINGS, (at) => scene.runStuck('honest', at));
  }, 60_000);

  it('is told once to be missing while it is refused', async () => {
    await endAtEach(await scene.runStuck('forged'), ENDINGS, (at) => scene.runStuck('forged', at));
  }, 60_000);
});
