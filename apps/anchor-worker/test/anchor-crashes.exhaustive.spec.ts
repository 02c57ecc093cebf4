import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { available, isOpensslPresent, OPENSSL_REMEDY } from '@touchstone/testing';
import { AnchorFixture, type TestChain } from './support/anchor-fixture.js';
import { CrashScene } from './support/crash-scene.js';
import { plain, turbulent } from './support/crash-script.js';
import { endAtEach, ENDINGS } from './support/death.js';
import { TokenScene } from './support/token-scene.js';

const describeWithOpenssl = available(isOpensslPresent(), OPENSSL_REMEDY) ? describe : describe.skip;

describe('an anchor in a contract whose process ends at any operation', () => {
  let chain: TestChain;
  let scene: CrashScene;
  beforeAll(async () => {
    chain = await AnchorFixture.startChain({ finalizes: false });
    scene = await CrashScene.create(chain);
  }, 60_000);
  afterAll(async () => {
    await scene.close();
    await chain.anvil.stop();
  });

  it.each(ENDINGS)(
    'is made once (%s)',
    async (ending) => {
      await endAtEach(await scene.run(plain), [ending], (at) => scene.run(plain, at));
    },
    180_000,
  );

  it('is made once when its fees are raised and its block is dropped', async () => {
    await endAtEach(await scene.run(turbulent), ENDINGS, (at) => scene.run(turbulent, at));
  }, 300_000);
});

describeWithOpenssl('a letter about refusals of an authority whose process ends at any operation', () => {
  let scene: TokenScene;
  beforeAll(async () => {
    scene = await TokenScene.create();
  }, 60_000);
  afterAll(() => scene.close());

  it.each(['honest', 'forged'] as const)(
    'comes again (%s)',
    async (then) => {
      const operations = await scene.runStuck(then);
      for (const ending of ENDINGS) await endAtEach(operations, [ending], (at) => scene.runStuck(then, at));
    },
    120_000,
  );
});
