import { pause } from '../pause.js';
import { isMined, newestTransactions, type TransactionKind } from './chain.js';
import type { Fault } from './fault.js';

const DEPTH = 3;
const ATTEMPTS_MAX = 600;
const POLL_MS = 10;
/** Between two reorganisations, so that what was dropped can come back in between. */
const REST_MS = 400;

/** The chain drops its newest three blocks, with settled payments and included anchors in them, and builds others. */
export const reorganisation: Fault = {
  name: 'reorganisation',
  title: `the chain replaces its newest ${DEPTH} blocks by empty ones`,
  weight: 1.5,
  run: async ({ stack, load, rounds }) => {
    const dropped = { payment: 0, anchor: 0 };
    let reorganisations = 0;
    const isEnough = (): boolean => dropped.payment >= rounds && dropped.anchor >= 1;
    // Nothing is mined on top of the newest transactions, so that they are among the newest blocks when they are sought.
    stack.holdFinality();
    for (let attempt = 0; attempt < ATTEMPTS_MAX && !isEnough(); attempt++) {
      await pause(POLL_MS);
      // The load is held back a little and let go as time passes, so that payments come as long as the fault waits for one.
      load.allow(0.2 + 0.6 * Math.max(reorganisations / (2 * rounds + 2), attempt / ATTEMPTS_MAX));
      const wanted: TransactionKind = dropped.payment < rounds ? 'payment' : 'anchor';
      const newest = await newestTransactions(stack, DEPTH);
      if (!newest.some(({ kind }) => kind === wanted)) continue;
      await stack.rpc('anvil_reorg', [DEPTH, []]);
      reorganisations += 1;
      for (const { hash, kind } of newest) if (!(await isMined(stack, hash))) dropped[kind] += 1;
      await pause(REST_MS);
    }
    load.allow(1);
    stack.finalize();
    if (!isEnough())
      throw new Error(`Only ${dropped.payment} payments and ${dropped.anchor} anchors were dropped.`);
    return `${reorganisations} × depth ${DEPTH}: ${dropped.payment} settled payments and ${dropped.anchor} anchors dropped`;
  },
};
