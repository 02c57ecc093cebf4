import type { Fault } from './fault.js';

const BLOCK_SECONDS = 2;
const WAIT_MS = 120_000;

/** Blocks come every two seconds, as on Base, whatever waits for them. */
export const slowBlocks: Fault = {
  name: 'slow blocks',
  title: `a block every ${BLOCK_SECONDS} s instead of one for each transaction`,
  weight: 1,
  run: async ({ stack, load }) => {
    const height = async (): Promise<number> => Number(await stack.rpc<string>('eth_blockNumber'));
    load.allow(0);
    stack.holdFinality();
    await stack.rpc('evm_setAutomine', [false]);
    await stack.rpc('evm_setIntervalMining', [BLOCK_SECONDS]);
    const before = await height();
    const startedAt = performance.now();
    try {
      load.allow(1);
      await load.isCaughtUp(WAIT_MS);
      const seconds = (performance.now() - startedAt) / 1_000;
      const blocks = (await height()) - before;
      if (blocks < 1 || blocks > seconds / BLOCK_SECONDS + 1)
        throw new Error(`${blocks} blocks came in ${seconds.toFixed(1)} s.`);
      return `${load.count} payments in ${blocks} blocks, ${seconds.toFixed(1)} s`;
    } finally {
      await stack.rpc('evm_setIntervalMining', [0]);
      await stack.rpc('evm_setAutomine', [true]);
      stack.finalize();
    }
  },
};
