import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { proofObject } from '@touchstone/content-address';
import { executionProved } from '@touchstone/contracts';
import {
  inferAnswer,
  modelDetail,
  proofAnswer,
  proofOffer,
} from '@touchstone/contracts/http/inference-gateway';
import { bindSignal, outputDigest, provenTensors, tensorsHash } from '@touchstone/evidence';
import { prepareKey, verifyProof } from '@touchstone/groth16';
import { uuidV7 } from '@touchstone/postgres';
import { waitUntil } from '@touchstone/testing';
import { problemOf } from '@touchstone/testing/service';
import { PROOF_BODY_BYTES_MAX } from '../src/transport/http/proofs.controller.js';
import { builtInProver, FaultyProver, type ProverFault } from './support/faulty-prover.js';
import { GatewayFixture, infer, type Gateway } from './support/gateway-fixture.js';
import { codeOf } from './support/paid-requests.js';
import { PayingClient } from './support/paying-client.js';
import { heldOutRow } from './support/sample-models.js';

const ID = 'digits-int';
const EXAMINED_MS = 120_000;
const PROVED_MS = 60_000;
/** Shorter than a proof that hangs, longer than one that works. */
const TIMEOUT_MS = 20_000;

const prover = new FaultyProver();

const settings = {
  TOUCHSTONE_PAYMENT_MODE: 'x402',
  TOUCHSTONE_PROVER_PATH: prover.path,
  TOUCHSTONE_PROOF_TIMEOUT_MS: String(TIMEOUT_MS),
};

let fixture: GatewayFixture;
let gateway: Gateway;

const body = {
  inputs: [{ name: 'pixels', datatype: 'FP32', shape: [1, 64], data: heldOutRow('digits').values }],
};
const json = async (path: string): Promise<unknown> => (await fetch(`${gateway.url}${path}`)).json();
const offerOf = async (id: string) => proofOffer.parse(await json(`/v1/verifications/${id}/proof`));
const ask = (id: string, headers: Record<string, string> = {}, of: unknown = {}) =>
  gateway.post(`/v1/verifications/${id}/proof`, of, headers);
const proofsIn = async () => modelDetail.parse(await json(`/v1/models/${ID}`)).circuit?.proofs;

/** An answer that is paid for. */
async function answered(model = ID, of: unknown = body) {
  const client = new PayingClient();
  const headers = await client.headerFor(await infer(gateway, model, of));
  return inferAnswer.parse(await (await infer(gateway, model, of, headers)).json());
}

/** A payment for the proof of an answer. */
const payment = async (id: string) => new PayingClient().headerFor(await ask(id));

beforeAll(async () => {
  fixture = await GatewayFixture.create();
  gateway = await fixture.start(settings);
  await waitUntil(async () => (await proofsIn()) != null, EXAMINED_MS, 'the examination of the prover');
}, EXAMINED_MS + 60_000);

afterEach(() => prover.works());

afterAll(async () => {
  await fixture.close();
  prover.remove();
});

describe('a proof that is paid for (R-ZK-1, R-ZK-2)', () => {
  it(
    'is quoted, proved, verified, settled, and given to everybody from then on',
    async () => {
      expect((await proofsIn())?.price).toMatchObject({ amount: '50000' });
      const answer = await answered();
      const { verificationId: id } = answer;
      const offer = await offerOf(id);
      expect(offer).toMatchObject({ status: 'offered', quote: { price: { amount: '50000' } } });
      expect(offer.quote?.expectedMs).toBeGreaterThan(0);
      const unpaid = await ask(id);
      expect(unpaid.status).toBe(402);
      const client = new PayingClient();
      expect(client.challengeOf(unpaid).accepts[0]).toMatchObject({ amount: '50000' });
      const headers = await client.headerFor(unpaid);
      const { transfers } = fixture.payments;

      const response = await ask(id, headers);
      expect(response.status).toBe(200);
      expect(response.headers.get('payment-response')).not.toBeNull();
      const bytes = await response.text();
      const { zk, cid, payment: paid } = proofAnswer.parse(JSON.parse(bytes));
      expect(paid).toMatchObject({ payer: client.payer, amount: '50000' });
      expect(fixture.payments.transfers).toBe(transfers + 1);
      expect(cid).toBe(proofObject(zk).cid);
      const key = prepareKey(zk.vk);
      if (!key.ok) throw new Error(key.code);
      expect(verifyProof(key.value, zk.publicSignals, zk.proof)).toEqual({ valid: true });
      const tensors = provenTensors(zk.descriptor, zk.publicSignals);
      if ('refusal' in tensors) throw new Error(tensors.refusal);
      expect(tensorsHash(tensors.inputs)).toEqual({ ok: true, value: answer.proof.inputHash });
      expect(tensorsHash(tensors.outputs)).toEqual({ ok: true, value: answer.proof.outputHash });
      const digest = outputDigest(answer.proof, answer.proof.domain);
      expect(tensors.bind).toBe(bindSignal(digest, answer.context.requestDigest).toString());

      for (const again of [await ask(id, headers), await ask(id)]) {
        expect(await again.text()).toBe(bytes);
        expect(again.headers.get('idempotent-replayed')).toBe('true');
      }
      expect(fixture.payments.transfers).toBe(transfers + 1);
      expect(await offerOf(id)).toMatchObject({ status: 'proved', quote: null });
      const events = (await fixture.events('evt.v1.proving.execution.proved')).map((event) =>
        executionProved.parse(event),
      );
      expect(events.filter(({ verificationId }) => verificationId === id)).toMatchObject([{ zk }]);
    },
    PROVED_MS,
  );

  it(
    'is made for one of two who pay at the same time, and only that one is charged',
    async () => {
      const { verificationId: id } = await answered();
      const [first, second] = [await payment(id), await payment(id)];
      const { transfers } = fixture.payments;
      const responses = await Promise.all([ask(id, first), ask(id, second)]);
      expect(responses.map(({ status }) => status).sort()).toEqual([200, 409]);
      const refused = responses.find(({ status }) => status === 409) as Response;
      expect(await codeOf(refused)).toBe('conflict');
      expect(refused.headers.get('retry-after')).not.toBeNull();
      expect(fixture.payments.transfers).toBe(transfers + 1);
    },
    PROVED_MS,
  );

  it.each<[ProverFault, string]>([
    ['crash', 'dependency-unavailable'],
    ['wrong', 'dependency-unavailable'],
    ['hang', 'timeout'],
  ])(
    'costs nothing when the prover does %s, and the same payment is good for another try',
    async (fault, code) => {
      const { verificationId: id } = await answered();
      const headers = await payment(id);
      const { transfers } = fixture.payments;
      prover.fails(fault);
      expect(await codeOf(await ask(id, headers))).toBe(code);
      expect(fixture.payments.transfers).toBe(transfers);
      expect(await offerOf(id)).toMatchObject({ status: 'offered' });
      prover.works();
      expect((await ask(id, headers)).status).toBe(200);
      expect(fixture.payments.transfers).toBe(transfers + 1);
    },
    PROVED_MS,
  );

  it(
    'that could not be paid in the end is given to nobody, and can be paid again',
    async () => {
      const { verificationId: id } = await answered();
      fixture.payments.nextSettle = 'failed';
      expect(await codeOf(await ask(id, await payment(id)))).toBe('payment-invalid');
      fixture.payments.nextSettle = 'settled';
      expect((await ask(id)).status).toBe(402);
      expect(await offerOf(id)).toMatchObject({ status: 'offered' });
      expect((await ask(id, await payment(id))).status).toBe(200);
    },
    PROVED_MS,
  );

  it(
    'whose settlement is known later joins the evidence then, without anybody who asks',
    async () => {
      const { verificationId: id } = await answered();
      const headers = await payment(id);
      fixture.payments.nextSettle = 'pending';
      const pending = await ask(id, headers);
      expect(await codeOf(pending)).toBe('settlement-pending');
      expect(pending.headers.get('location')).toBe(`http://127.0.0.1:8080/v1/verifications/${id}/proof`);
      // Whoever pays meanwhile would pay for what is about to be there for nothing.
      const { transfers } = fixture.payments;
      expect(await codeOf(await ask(id, await payment(id)))).toBe('conflict');
      expect(fixture.payments.transfers).toBe(transfers);
      fixture.payments.nextSettle = 'settled';
      await waitUntil(async () => (await offerOf(id)).status === 'proved', 20_000, 'the sweeper');
      const published = await fixture.events<{ verificationId: string }>('evt.v1.proving.execution.proved');
      expect(published.filter(({ verificationId }) => verificationId === id)).toHaveLength(1);
    },
    PROVED_MS,
  );
});

describe('a proof', () => {
  it('is not offered of models without a circuit, of unknown answers, nor where there is no prover', async () => {
    const { verificationId: plain } = await answered('digits');
    expect(await offerOf(plain)).toMatchObject({
      status: 'not-offered',
      reason: expect.stringContaining('no circuit'),
      quote: null,
    });
    expect(await codeOf(await ask(plain))).toBe('not-provable');
    const unknown = uuidV7(Date.now());
    expect(await problemOf(await ask(unknown))).toMatchObject({ code: 'unknown-verification', status: 404 });
    expect((await fetch(`${gateway.url}/v1/verifications/${unknown}/proof`)).status).toBe(404);
    const { verificationId: id } = await answered();
    const without = await fixture.start({ TOUCHSTONE_PAYMENT_MODE: 'x402' });
    const response = await without.post(`/v1/verifications/${id}/proof`, {});
    expect(await problemOf(response)).toMatchObject({
      code: 'not-provable',
      detail: expect.stringContaining('No prover works here'),
    });
    await without.stop();
  });

  it('says nothing of an answer that is not paid for', async () => {
    fixture.payments.nextSettle = 'pending';
    const client = new PayingClient();
    const response = await infer(gateway, ID, body, await client.headerFor(await infer(gateway, ID, body)));
    fixture.payments.nextSettle = 'settled';
    const id = (response.headers.get('location') as string).split('/').at(-1) as string;
    expect(await offerOf(id)).toMatchObject({
      status: 'not-offered',
      reason: expect.stringContaining('not paid'),
    });
  });

  it('is asked for with an empty object of a bounded size', async () => {
    const { verificationId: id } = await answered();
    expect(await codeOf(await ask(id, {}, { zone: 1 }))).toBe('validation-failed');
    const padded = (bytes: number) => `{${' '.repeat(bytes - 2)}}`;
    expect((await ask(id, {}, padded(PROOF_BODY_BYTES_MAX))).status).toBe(402);
    expect(await codeOf(await ask(id, {}, padded(PROOF_BODY_BYTES_MAX + 1)))).toBe('body-too-large');
    expect(await codeOf(await gateway.post('/v1/verifications/x/proof', {}))).toBe('validation-failed');
  });

  it(
    'is free where nothing is paid',
    async () => {
      const free = await fixture.start({ ...settings, TOUCHSTONE_PAYMENT_MODE: 'off' });
      const answer = inferAnswer.parse(await (await infer(free, ID, body)).json());
      const path = `/v1/verifications/${answer.verificationId}/proof`;
      await waitUntil(
        async () => proofOffer.parse(await (await fetch(`${free.url}${path}`)).json()).status === 'offered',
        EXAMINED_MS,
        'the examination of the prover',
      );
      const response = await free.post(path, {});
      expect(response.status).toBe(200);
      expect(proofAnswer.parse(await response.json()).payment).toBeNull();
      await free.stop();
    },
    EXAMINED_MS + PROVED_MS,
  );
});

it(
  'a prover that takes a false statement proves nothing for anybody',
  async () => {
    // Says of everything that it is valid, in the words of an honest one.
    const liar = prover.program(
      'liar',
      `'${process.execPath}' '${builtInProver}' "$@"; code=$?
       [ "$1" = verify ] && sed -i 's/"valid":false,"reason":"[a-z-]*"/"valid":true/' "$3"
       exit $code`,
    );
    const { verificationId: id } = await answered();
    const cheated = await fixture.start({ ...settings, TOUCHSTONE_PROVER_PATH: liar });
    await waitUntil(
      async () => (await cheated.metric('touchstone_gateway_prover_examinations_total', 'failed')) > 0,
      EXAMINED_MS,
      'the end of the examination',
    );
    expect(await cheated.metrics()).toMatch(/^touchstone_gateway_prover_enabled(\{[^}]*\})? 0$/m);
    const response = await cheated.post(`/v1/verifications/${id}/proof`, {});
    expect(response.headers.get('retry-after')).toBe('30');
    expect(await codeOf(response)).toBe('dependency-unavailable');
    await cheated.stop();
  },
  EXAMINED_MS + PROVED_MS,
);
