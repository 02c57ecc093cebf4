import { pause } from '../pause.js';
import type { Fault } from './fault.js';

const REFUSED_MS = 3_000;
/** Longer than the payment-verifier's own limit for one question, so that its time-outs are met as well. */
const HUNG_MS = 5_000;

/** Nothing listens at the chain node's address for a while. */
export const rpcRefused: Fault = {
  name: 'rpc refused',
  title: 'every connection to the chain node is cut, then refused',
  weight: 1,
  run: async ({ stack, load }) => {
    await load.hasBegun(0.3);
    const { inFlight } = load;
    await stack.gate.refuse();
    await pause(REFUSED_MS);
    await stack.gate.open();
    if (inFlight === 0) throw new Error('No call was in flight.');
    return `${REFUSED_MS / 1_000} s, ${inFlight} calls in flight`;
  },
};

/** The chain node takes connections and requests and does not answer. */
export const rpcHanging: Fault = {
  name: 'rpc hanging',
  title: 'the chain node takes connections and answers nothing',
  weight: 1,
  run: async ({ stack, load }) => {
    await load.hasBegun(0.3);
    stack.gate.hang();
    await pause(HUNG_MS);
    const hung = stack.gate.hungCount;
    await stack.gate.open();
    if (hung === 0) throw new Error('No connection hung.');
    return `${HUNG_MS / 1_000} s, ${hung} connections hung`;
  },
};
