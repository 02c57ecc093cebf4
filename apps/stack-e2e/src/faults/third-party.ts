import { eventually } from '../pause.js';
import { waitingTransactions } from './chain.js';
import type { Fault } from './fault.js';

const WAIT_MS = 30_000;
const ATTEMPTS_MAX = 20;
const STRANGER = `0x${'57'.repeat(20)}`;

/** Somebody who sees a settlement in the pool sends the same authorisation first; ours then reverts. */
export const thirdParty: Fault = {
  name: 'third party',
  title: 'a stranger sends the authorisation of a settlement that waits, and is mined first',
  weight: 1,
  run: async ({ stack, load, rounds }) => {
    load.allow(0);
    await stack.rpc('anvil_setBalance', [STRANGER, '0xde0b6b3a7640000']);
    await stack.rpc('anvil_impersonateAccount', [STRANGER]);
    let first = 0;
    for (let attempt = 0; attempt < ATTEMPTS_MAX && first < rounds; attempt += 1) {
      stack.holdFinality();
      await stack.rpc('evm_setAutomine', [false]);
      try {
        load.allow((attempt + 1) / ATTEMPTS_MAX);
        const ours = await eventually('a settlement in the pool', WAIT_MS, async () =>
          (await waitingTransactions(stack)).find(({ kind }) => kind === 'payment'),
        ).catch(() => undefined);
        if (ours === undefined) continue;
        const { to, input } = await stack.rpc<{ to: string; input: string }>('eth_getTransactionByHash', [
          ours.hash,
        ]);
        await stack.rpc('anvil_dropTransaction', [ours.hash]);
        const hash = await stack.rpc<string>('eth_sendTransaction', [
          { from: STRANGER, to, data: input, gas: '0x30d40' },
        ]);
        await stack.rpc('anvil_mine', ['0x1']);
        const receipt = await stack.rpc<{ status: string } | null>('eth_getTransactionReceipt', [hash]);
        if (receipt?.status === '0x1') first += 1;
      } finally {
        await stack.rpc('evm_setAutomine', [true]);
        stack.finalize();
      }
    }
    await stack.rpc('anvil_stopImpersonatingAccount', [STRANGER]);
    load.allow(1);
    if (first === 0) throw new Error('The stranger was never first.');
    return `${first} authorisations sent by a stranger`;
  },
};
