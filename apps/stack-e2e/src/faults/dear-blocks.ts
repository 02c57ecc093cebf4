import { eventually, pause } from '../pause.js';
import { isMined, waitingTransactions } from './chain.js';
import type { Fault } from './fault.js';

const WAIT_MS = 30_000;
const SETTLED_TIMEOUT_MS = 90_000;
const RISE = 10n;
const BLOCK_MS = 250;

/** The base fee rises tenfold while a settlement waits: its fees no longer cover it. */
export const dearBlocks: Fault = {
  name: 'dear blocks',
  title: `the base fee rises to ${RISE} times the fee of a settlement that waits`,
  weight: 1,
  run: async ({ stack, load }) => {
    load.allow(0.2);
    stack.holdFinality();
    await stack.rpc('evm_setAutomine', [false]);
    try {
      load.allow(0.6);
      const waiting = await eventually('a settlement in the pool', WAIT_MS, async () =>
        (await waitingTransactions(stack)).find(({ kind }) => kind === 'payment'),
      );
      const { maxFeePerGas } = await stack.rpc<{ maxFeePerGas: string }>('eth_getTransactionByHash', [
        waiting.hash,
      ]);
      const dear = `0x${(BigInt(maxFeePerGas) * RISE).toString(16)}`;
      const mineDear = async (): Promise<void> => {
        await stack.rpc('anvil_setNextBlockBaseFeePerGas', [dear]);
        await stack.rpc('anvil_mine', ['0x1']);
      };
      await mineDear();
      if (await isMined(stack, waiting.hash)) throw new Error('The block took it at the old price.');
      const replaced = await eventually('the settlement at a higher price', SETTLED_TIMEOUT_MS, async () => {
        await mineDear();
        await pause(BLOCK_MS);
        const [row] = await stack.database.rows<{ attempts: number }>(
          `SELECT jsonb_array_length(attempts) AS attempts FROM payments.lane_transaction
           WHERE state IN ('mined', 'final') AND attempts @> jsonb_build_array(jsonb_build_object('hash', $1::text))`,
          [waiting.hash],
        );
        return row;
      });
      if (replaced.attempts < 2) throw new Error('It was mined without higher fees.');
      return `nonce ${waiting.nonce} was mined with the fees of ${replaced.attempts} signed transactions to choose from`;
    } finally {
      await stack.rpc('evm_setAutomine', [true]);
      await stack.rpc('anvil_mine', ['0x1']);
      stack.finalize();
      load.allow(1);
    }
  },
};
