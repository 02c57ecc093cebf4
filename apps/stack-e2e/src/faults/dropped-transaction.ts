import { eventually } from '../pause.js';
import type { FaultyStack } from '../stack/faulty-stack.js';
import { waitingTransactions, type StackTransaction } from './chain.js';
import type { Fault } from './fault.js';

const ATTEMPTS_MAX = 4;
const WAIT_MS = 4_000;

/** A node forgets transactions that it took and had not put into a block yet: an anchor, and the first settlement. */
export const droppedTransaction: Fault = {
  name: 'dropped transaction',
  title: 'the node forgets an anchor and a settlement that wait for their block',
  weight: 1,
  run: async ({ stack, load }) => {
    load.allow(0.4);
    await load.hasBegun(0.2);
    await load.isCaughtUp(WAIT_MS);
    let dropped: StackTransaction[] = [];
    for (let attempt = 0; attempt < ATTEMPTS_MAX && !hasBoth(dropped); attempt++) {
      // The leaves of what was just acknowledged become an anchor while the next payment waits beside it.
      const begin = (): void => load.allow(0.4 + (0.5 * (attempt + 1)) / ATTEMPTS_MAX);
      dropped = [...dropped, ...(await dropOnce(stack, begin))];
      await load.isCaughtUp(WAIT_MS);
    }
    load.allow(1);
    if (!hasBoth(dropped))
      throw new Error(`Dropped only ${dropped.map(({ kind }) => kind).join(', ') || 'nothing'}.`);
    return `${dropped.length} dropped: ${dropped.map(({ kind, nonce }) => `${kind} nonce ${nonce}`).join(', ')}`;
  },
};

function hasBoth(dropped: readonly StackTransaction[]): boolean {
  return dropped.some(({ kind }) => kind === 'anchor') && dropped.some(({ kind }) => kind === 'payment');
}

async function dropOnce(stack: FaultyStack, begin: () => void): Promise<StackTransaction[]> {
  // The pool is mined by nothing: neither at once nor by the empty blocks that make others final.
  stack.holdFinality();
  await stack.rpc('evm_setAutomine', [false]);
  try {
    begin();
    const waiting = await eventually('an anchor and a payment in the pool', WAIT_MS, async () => {
      const transactions = await waitingTransactions(stack);
      return hasBoth(transactions) ? transactions : undefined;
    }).catch(() => []);
    const first = (kind: StackTransaction['kind']): StackTransaction[] =>
      waiting
        .filter((transaction) => transaction.kind === kind)
        .sort((left, right) => left.nonce - right.nonce)
        .slice(0, 1);
    const chosen = [...first('anchor'), ...first('payment')];
    for (const { hash } of chosen) await stack.rpc('anvil_dropTransaction', [hash]);
    return chosen;
  } finally {
    await stack.rpc('evm_setAutomine', [true]);
    await stack.rpc('anvil_mine', ['0x1']);
    stack.finalize();
  }
}
