import { serviceNames } from '@touchstone/contracts';
import { pause } from '../pause.js';
import type { Fault } from './fault.js';

const SHIFT_MS = 10 * 60_000;
/** Until the service has read its new clock. */
const TAKE_EFFECT_MS = 200;
/** How long a wrong clock lasts at most; calls that it makes impossible go on when it is right again. */
const WRONG_MS = 1_200;
/** Of the chain's clock with calls in flight; below the 120 s in which a payment may be settled. */
const CHAIN_SHIFT_SECONDS = 60;
/** Of the chain's clock while anchors are on their way. */
const CHAIN_JUMP_SECONDS = 540;

/** The clock of one service after the other is ten minutes ahead, then ten minutes behind. */
export const serviceClocks: Fault = {
  name: 'service clocks',
  title: 'the clock of one service after the other is 10 min ahead, then 10 min behind',
  weight: 2,
  run: async ({ stack, load }) => {
    const steps = serviceNames.flatMap((service) =>
      [SHIFT_MS, -SHIFT_MS].map((shift) => ({ service, shift })),
    );
    load.allow(0);
    for (const [index, { service, shift }] of steps.entries()) {
      stack.shiftClock(service, shift);
      await pause(TAKE_EFFECT_MS);
      load.allow((index + 1) / steps.length);
      await load.isCaughtUp(WRONG_MS);
      stack.shiftClock(service, 0);
      await pause(TAKE_EFFECT_MS);
    }
    return `${steps.length} shifts of ${SHIFT_MS / 60_000} min`;
  },
};

/** The chain's clock jumps: a minute while payments are settled, nine more while anchors become final. */
export const chainClock: Fault = {
  name: 'chain clock',
  title: `the chain's clock jumps by ${CHAIN_SHIFT_SECONDS} s, later by ${CHAIN_JUMP_SECONDS / 60} min more`,
  weight: 1,
  run: async ({ stack, load }) => {
    load.allow(0.5);
    await load.hasBegun(0.3);
    await stack.rpc('evm_increaseTime', [CHAIN_SHIFT_SECONDS]);
    await stack.rpc('anvil_mine', ['0x1']);
    load.allow(1);
    await load.isCaughtUp(Number.POSITIVE_INFINITY);
    await stack.rpc('evm_increaseTime', [CHAIN_JUMP_SECONDS]);
    await stack.rpc('anvil_mine', ['0x1']);
    return `${CHAIN_SHIFT_SECONDS} s with calls in flight, ${CHAIN_JUMP_SECONDS} s with anchors on their way`;
  },
};
