import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { seedInferAnswer } from '@touchstone/contracts/http/seed';
import { seedModelAnswer, seedVerifyProofAnswer } from '@touchstone/contracts/http/seed-records';
import { waitUntil } from '@touchstone/testing';
import { builtInProver } from './support/faulty-prover.js';
import { GatewayFixture, type Gateway } from './support/gateway-fixture.js';
import { PayingClient } from './support/paying-client.js';
import { heldOutRow } from './support/sample-models.js';

const EXAMINED_MS = 120_000;
const PROVED_MS = 60_000;
const path = '/infer/digits-int';
const body = { inputs: heldOutRow('digits').values };

let fixture: GatewayFixture;
let gateway: Gateway;

const ask = (request: object, headers: Record<string, string> = {}) => gateway.post(path, request, headers);
const priceOf = async (request: object) =>
  new PayingClient().challengeOf(await ask(request)).accepts[0]?.amount;

beforeAll(async () => {
  fixture = await GatewayFixture.create();
  gateway = await fixture.start({
    TOUCHSTONE_PAYMENT_MODE: 'x402',
    TOUCHSTONE_PROVER_PATH: builtInProver,
  });
  const canBeProved = async () =>
    seedModelAnswer.parse(await (await gateway.get('/api/models/digits-int')).json()).model.canBeProved;
  await waitUntil(canBeProved, EXAMINED_MS, 'the examination of the prover');
}, EXAMINED_MS + 60_000);

afterAll(() => fixture.close());

it(
  'the seed API gives a proof unless it is told not to, and checks it (R-INFER-1)',
  async () => {
    expect(await priceOf({ ...body, returnProof: false })).toBe('10000');
    expect(await priceOf(body)).toBe('60000');
    const headers = await new PayingClient().headerFor(await ask(body));
    const answer = seedInferAnswer.parse(await (await ask(body, headers)).json());
    expect(answer.payment?.amount).toBe('0.06');
    expect(answer.timing.groth16Proof).toBeGreaterThan(0);
    const { groth16Proof: proof, publicSignals, vkDigest, ...rest } = answer.proof ?? {};
    expect(rest).toMatchObject({ type: 'groth16', verified: true, proofIpfs: expect.stringMatching(/^baf/) });
    const check = async (change: object = {}) => {
      const brought = { vkDigest, proof, publicSignals, ...change };
      const response = await gateway.post('/api/verify-proof', brought);
      return seedVerifyProofAnswer.parse(await response.json()).valid;
    };
    expect(await check()).toBe(true);
    const [first = '0', ...others] = publicSignals ?? [];
    expect(await check({ publicSignals: [first === '0' ? '1' : '0', ...others] })).toBe(false);
  },
  PROVED_MS,
);
