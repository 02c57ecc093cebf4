import { randomBytes } from 'node:crypto';
import { privateKeyToAccount } from 'viem/accounts';
import { eventually } from '../pause.js';
import type { FaultyStack } from '../stack/faulty-stack.js';
import { waitingTransactions } from './chain.js';
import type { Fault } from './fault.js';

const WAIT_MS = 30_000;
const RESTART_TIMEOUT_MS = 60_000;
const CAUGHT_UP_MS = 120_000;

/** The signer comes back with another settlement key while a settlement of the old one waits, and later with its own. */
export const changedKey: Fault = {
  name: 'changed payment key',
  title: 'the signer restarts with another settlement key while a settlement of the old one waits',
  weight: 1,
  run: async ({ stack, load }) => {
    // Before anything is waited for: the load runs already, and some of it must be left for the new key.
    load.allow(0.3);
    const key = randomBytes(32).toString('hex');
    const account = privateKeyToAccount(`0x${key}`).address;
    await stack.rpc('anvil_setBalance', [account, '0x8ac7230489e80000']);
    stack.holdFinality();
    await stack.rpc('evm_setAutomine', [false]);
    try {
      await eventually('a settlement in the pool', WAIT_MS, async () =>
        (await waitingTransactions(stack)).find(({ kind }) => kind === 'payment'),
      );
      // No node has it any more: whoever sends it again sends the bytes of the old key.
      await stack.rpc('anvil_dropAllTransactions');
      await restartSigner(stack, key);
    } finally {
      await stack.rpc('evm_setAutomine', [true]);
      await stack.rpc('anvil_mine', ['0x1']);
      stack.finalize();
    }
    await stack.ready();
    load.allow(0.7);
    await load.isCaughtUp(CAUGHT_UP_MS);
    const settled = Number(await stack.rpc<string>('eth_getTransactionCount', [account, 'latest']));
    await restartSigner(stack, undefined);
    await stack.ready();
    load.allow(1);
    if (settled === 0) throw new Error('Nothing was settled with the new key.');
    return `${settled} settlements with the new key, then back to the old one`;
  },
};

async function restartSigner(stack: FaultyStack, key: string | undefined): Promise<void> {
  stack.changeSettlementKey(key);
  const killed = stack.kill('signer');
  await eventually('the restart of signer', RESTART_TIMEOUT_MS, async () => {
    const pid = stack.pidOf('signer');
    return pid !== undefined && pid !== killed ? true : undefined;
  });
}
