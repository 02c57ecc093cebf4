import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { InferAnswer } from '@touchstone/contracts/http/inference-gateway';
import type { RunningStack } from '@touchstone/embedded';
import { waitUntil } from '@touchstone/testing';
import { heldOutDigits, infer, type Digit } from '../src/demo/digits.js';
import { balanceOf, chainOf } from '../src/stack/chain.js';
import { createPayer, developmentPayer, type Payer } from '../src/stack/payer.js';
import { checkout } from '../src/stack/run-stack.js';
import { removeState } from './support/remove-state.js';
import { startTestStack } from './support/test-stack.js';
import { touchstone } from './support/touchstone.js';

const START_TIMEOUT_MS = 120_000;
/** The signer asks every three seconds, and hears of a change at once. */
const HEARD_TIMEOUT_MS = 20_000;
const NODE = 'local-1';

let stateDir: string;
let stack: RunningStack;
let payer: Payer;
let digits: Digit[];
let url: string;

beforeAll(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'touchstone-policy-'));
  const zones = [{ zone: 'gateways', nodes: [NODE], mode: 'enforce', rules: ['SPOOF_SUSPECT'] }];
  stack = await startTestStack(stateDir, {
    settings: { 'attestation-hub': { TOUCHSTONE_NODE_ZONES: JSON.stringify(zones) } },
  });
  payer = createPayer(stack.description, developmentPayer(stateDir));
  digits = await heldOutDigits(checkout, 4);
  url = `${stack.description.urls['inference-gateway']}/v1/models/digits/infer`;
}, START_TIMEOUT_MS);

afterAll(async () => {
  await stack?.stop();
  removeState(stateDir);
}, START_TIMEOUT_MS);

const balance = () => balanceOf(chainOf(stack.description), stack.description, payer.account.address);
const pay = (index: number) => infer(payer.fetch, url, (digits[index] as Digit).body);
const quarantine = (...args: readonly string[]) =>
  touchstone(['nodes', 'quarantine', NODE, '--state', stateDir, ...args]);

describe('a gateway in quarantine, in a zone that enforces its policy (R-NODE-7)', () => {
  it(
    'gives no answer and charges nothing until the quarantine is lifted',
    async () => {
      expect((await pay(0)).status).toBe(200);
      expect(await quarantine('--reason', 'image found on another host')).toMatchObject({ status: 0 });
      const before = await waitUntil(
        async () => {
          const unspent = await balance();
          const refused = await pay(1);
          const problem = (await refused.json()) as { code?: string };
          return refused.status === 503 && problem.code === 'node-blocked' && unspent;
        },
        HEARD_TIMEOUT_MS,
        'the block',
      );
      expect((await pay(2)).status).toBe(503);
      expect(await balance()).toBe(before);
      expect(await quarantine('--lift')).toMatchObject({ status: 0 });
      const answer = await waitUntil(
        async () => {
          const response = await pay(3);
          return response.status === 200 && ((await response.json()) as InferAnswer);
        },
        HEARD_TIMEOUT_MS,
        'the lift',
      );
      expect(answer.context.node).toMatchObject({ nodeId: NODE });
      expect(before - (await balance())).toBe(10_000n);
    },
    3 * HEARD_TIMEOUT_MS,
  );
});
