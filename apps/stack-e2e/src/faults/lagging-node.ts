import { ChainNodeProxy } from '@touchstone/testing';
import type { Fault } from './fault.js';

const LAG_BLOCKS = 3n;
const WAIT_MS = 120_000;

/** Two nodes answer in turns, as behind a balancer, and one of them has not seen the newest blocks. */
export const laggingNode: Fault = {
  name: 'lagging node',
  title: `two nodes answer in turns, one of them ${LAG_BLOCKS} blocks behind`,
  weight: 1,
  run: async ({ stack, load }) => {
    load.allow(0);
    const chainPort = Number(new URL(stack.description.chain.rpcUrl).port);
    const proxy = await ChainNodeProxy.start(stack.description.chain.rpcUrl, {}, { lagsBlocks: LAG_BLOCKS });
    stack.gate.leadTo(Number(new URL(proxy.url).port));
    await stack.gate.open();
    try {
      load.allow(1);
      await load.isCaughtUp(WAIT_MS);
      const asked = proxy.methods.length;
      if (asked === 0) throw new Error('Nobody asked the two nodes.');
      return `${asked} questions to the two nodes`;
    } finally {
      stack.gate.leadTo(chainPort);
      await stack.gate.open();
      await proxy.stop();
    }
  },
};
