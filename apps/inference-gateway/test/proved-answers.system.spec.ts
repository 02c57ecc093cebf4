import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { canonicalJson } from '@touchstone/canonical-json';
import { proofObject } from '@touchstone/content-address';
import type { ZkProof } from '@touchstone/contracts/circuit';
import type { ProveMode } from '@touchstone/contracts/http/inference-gateway';
import { inferAnswer, modelDetail, proofOffer } from '@touchstone/contracts/http/inference-gateway';
import { bindSignal, outputDigest, provenTensors } from '@touchstone/evidence';
import { prepareKey, verifyProof } from '@touchstone/groth16';
import { waitUntil } from '@touchstone/testing';
import type { GrpcMessage, GrpcTestClient } from '@touchstone/testing/grpc';
import { problemOf } from '@touchstone/testing/service';
import { FaultyProver } from './support/faulty-prover.js';
import { GatewayFixture, infer, type Gateway } from './support/gateway-fixture.js';
import { connect, digitsMessage, paidOverGrpc } from './support/grpc-requests.js';
import { codeOf } from './support/paid-requests.js';
import { PayingClient } from './support/paying-client.js';
import { heldOutRow } from './support/sample-models.js';

const ID = 'digits-int';
const EXAMINED_MS = 120_000;
const PROVED_MS = 60_000;
/** An answer of the sample and its proof. */
const BOTH = '60000';

interface ProvenMessage {
  readonly zkJson: string;
}

const prover = new FaultyProver();
const settings = { TOUCHSTONE_PAYMENT_MODE: 'x402', TOUCHSTONE_PROVER_PATH: prover.path };

let fixture: GatewayFixture;
let gateway: Gateway;

const inputs = [{ name: 'pixels', datatype: 'FP32', shape: [1, 64], data: heldOutRow('digits').values }];
const request = (prove?: ProveMode) => ({ inputs, ...(prove === undefined ? {} : { prove }) });
const proofsAt = async ({ url }: Gateway) =>
  modelDetail.parse(await (await fetch(`${url}/v1/models/${ID}`)).json()).circuit?.proofs;
const isExamined = (of: Gateway) =>
  waitUntil(async () => (await proofsAt(of)) != null, EXAMINED_MS, 'the examination of the prover');
const offerOf = async (id: string) =>
  proofOffer.parse(await (await fetch(`${gateway.url}/v1/verifications/${id}/proof`)).json());
const answerOf = async (response: Response) => inferAnswer.parse(await response.json());
const paidFor = async (body: object) => new PayingClient().headerFor(await infer(gateway, ID, body));
const provedEvents = async (id: string) =>
  (await fixture.events<{ verificationId: string }>('evt.v1.proving.execution.proved')).filter(
    ({ verificationId }) => verificationId === id,
  );

/** What a proof says that it is of. */
function bindOf({ descriptor, publicSignals }: ZkProof): string {
  const tensors = provenTensors(descriptor, publicSignals);
  if ('refusal' in tensors) throw new Error(tensors.refusal);
  return tensors.bind;
}

/** What the proof of an answer over gRPC has to be of. */
function boundBy({ proof, contextJson }: GrpcMessage): Parameters<typeof bindSignal> {
  const signed = proof as { timestamp: string; domain: string };
  const { requestDigest } = JSON.parse(String(contextJson)) as { requestDigest: string };
  return [
    outputDigest({ ...signed, timestamp: Number(signed.timestamp) } as never, signed.domain),
    requestDigest,
  ];
}

beforeAll(async () => {
  fixture = await GatewayFixture.create();
  gateway = await fixture.start(settings);
  await isExamined(gateway);
}, EXAMINED_MS + 60_000);

afterEach(() => {
  prover.works();
  fixture.payments.nextSettle = 'settled';
});

afterAll(async () => {
  await fixture.close();
  prover.remove();
});

describe('an answer that is proved now (R-ZK-2, R-PLUS-6)', () => {
  it(
    'is asked for at both prices, and comes with its proof for one payment',
    async () => {
      const unpaid = await infer(gateway, ID, request('now'));
      const client = new PayingClient();
      expect(client.challengeOf(unpaid).accepts[0]).toMatchObject({ amount: BOTH });
      const headers = await client.headerFor(unpaid);
      const { transfers } = fixture.payments;
      const response = await infer(gateway, ID, request('now'), headers);
      const bytes = await response.text();
      const answer = inferAnswer.parse(JSON.parse(bytes));
      expect(answer.payment).toMatchObject({ amount: BOTH, payer: client.payer });
      const { zk } = answer.execution ?? {};
      if (zk === undefined) throw new Error('It has no proof.');
      const key = prepareKey(zk.vk);
      if (!key.ok) throw new Error(key.code);
      expect(verifyProof(key.value, zk.publicSignals, zk.proof)).toEqual({ valid: true });
      const digest = outputDigest(answer.proof, answer.proof.domain);
      expect(bindOf(zk)).toBe(bindSignal(digest, answer.context.requestDigest).toString());
      expect(fixture.payments.transfers).toBe(transfers + 1);

      const again = await infer(gateway, ID, request('now'), headers);
      expect(await again.text()).toBe(bytes);
      expect(fixture.payments.transfers).toBe(transfers + 1);
      expect(await offerOf(answer.verificationId)).toMatchObject({ status: 'proved' });
      expect(await provedEvents(answer.verificationId)).toMatchObject([{ zk }]);
    },
    PROVED_MS,
  );

  it(
    'costs nothing when the prover fails, and the same payment is good for another try',
    async () => {
      const headers = await paidFor(request('now'));
      const { transfers } = fixture.payments;
      prover.fails('crash');
      expect(await codeOf(await infer(gateway, ID, request('now'), headers))).toBe('dependency-unavailable');
      expect(fixture.payments.transfers).toBe(transfers);
      prover.works();
      await isExamined(gateway);
      const answer = await answerOf(await infer(gateway, ID, request('now'), headers));
      expect(answer.execution).toBeDefined();
      expect(fixture.payments.transfers).toBe(transfers + 1);
    },
    EXAMINED_MS + PROVED_MS,
  );

  it(
    'is proved once the settlement is known, without anybody who asks',
    async () => {
      const headers = await paidFor(request('now'));
      fixture.payments.nextSettle = 'pending';
      const pending = await infer(gateway, ID, request('now'), headers);
      expect(await codeOf(pending)).toBe('settlement-pending');
      const id = (pending.headers.get('location') as string).split('/').at(-1) as string;
      expect(await offerOf(id)).toMatchObject({ status: 'not-offered' });
      fixture.payments.nextSettle = 'settled';
      await waitUntil(async () => (await offerOf(id)).status === 'proved', 30_000, 'the sweeper');
      expect(await provedEvents(id)).toHaveLength(1);
    },
    PROVED_MS,
  );

  it(
    'that could not be paid is given to nobody, nor its proof',
    async () => {
      const headers = await paidFor(request('now'));
      const events = (await fixture.events('evt.v1.proving.execution.proved')).length;
      fixture.payments.nextSettle = 'failed';
      expect(await codeOf(await infer(gateway, ID, request('now'), headers))).toBe('payment-invalid');
      expect(await fixture.events('evt.v1.proving.execution.proved')).toHaveLength(events);
    },
    PROVED_MS,
  );

  it(
    'is free where nothing is paid',
    async () => {
      const free = await fixture.start({ ...settings, TOUCHSTONE_PAYMENT_MODE: 'off' });
      await isExamined(free);
      const answer = await answerOf(await infer(free, ID, request('now')));
      expect(answer).toMatchObject({ payment: null, execution: { circuit: { setup: 'single-party' } } });
      await free.stop();
      expect(await offerOf(answer.verificationId)).toMatchObject({ status: 'proved' });
      expect(await provedEvents(answer.verificationId)).toHaveLength(1);
    },
    EXAMINED_MS + PROVED_MS,
  );
});

describe('an answer whose proof is for later', () => {
  it('costs what an answer costs, and says where the proof is ordered', async () => {
    const client = new PayingClient();
    const headers = await client.headerFor(await infer(gateway, ID, request('later')));
    const answer = await answerOf(await infer(gateway, ID, request('later'), headers));
    expect(answer.payment).toMatchObject({ amount: '10000' });
    expect(answer).not.toHaveProperty('execution');
    expect(answer.links.proof).toBe(`http://127.0.0.1:8080/v1/verifications/${answer.verificationId}/proof`);
    expect(await offerOf(answer.verificationId)).toMatchObject({ status: 'offered' });
    const plain = request('none');
    const none = await answerOf(await infer(gateway, ID, plain, await paidFor(plain)));
    expect(none.links).not.toHaveProperty('proof');
  });

  it.each(['later', 'now'] as const)(
    'is refused before anything is paid where none can be made (%s)',
    async (prove) => {
      const body = { inputs: request().inputs, prove };
      expect(await problemOf(await infer(gateway, 'digits', body))).toMatchObject({
        code: 'not-provable',
        detail: expect.stringContaining('no circuit'),
      });
      const without = await fixture.start({ TOUCHSTONE_PAYMENT_MODE: 'x402' });
      expect(await codeOf(await infer(without, ID, body))).toBe('not-provable');
      await without.stop();
      expect(await codeOf(await infer(gateway, ID, { inputs, prove: 'soon' }))).toBe('validation-failed');
    },
  );
});

describe('over gRPC', () => {
  let client: GrpcTestClient;
  beforeAll(() => {
    client = connect(gateway);
  });
  afterAll(() => client.close());
  const message = { ...digitsMessage, modelId: ID };

  it(
    'an answer comes with its proof for one payment, and the same bytes again',
    async () => {
      const now = { ...message, prove: 'PROVE_MODE_NOW' };
      const { payment, metadata, moved } = await paidOverGrpc(fixture, client, { message: now });
      expect(payment.accepted).toMatchObject({ amount: BOTH });
      const { message: answer } = await client.ask('Infer', now, { metadata });
      const id = String(answer['verificationId']);
      const execution = answer['execution'] as ProvenMessage;
      const [event] = (await provedEvents(id)) as unknown as { zk: ZkProof }[];
      if (event === undefined) throw new Error('Nobody was told of the proof.');
      expect(execution).toMatchObject({
        circuit: { vkDigest: expect.stringMatching(/^[0-9a-f]{64}$/), setup: 'single-party' },
        zkJson: canonicalJson(event.zk),
        cid: proofObject(event.zk).cid,
        prover: { name: expect.any(String), milliseconds: expect.any(Number) },
      });
      expect(bindOf(event.zk)).toBe(bindSignal(...boundBy(answer)).toString());
      const again = await client.ask('Infer', now, { metadata });
      expect(again.message).toEqual(answer);
      expect(again.trailers.get('idempotent-replayed')).toEqual(['true']);
      expect(moved()).toEqual({ runs: 1, transfers: 1 });
    },
    PROVED_MS,
  );

  it(
    'a proof is ordered afterwards, and free for everybody from then on',
    async () => {
      const later = { ...message, prove: 'PROVE_MODE_LATER' };
      const first = await paidOverGrpc(fixture, client, { message: later });
      const answer = await client.call('Infer', later, { metadata: first.metadata });
      const { verificationId } = answer;
      const proof = `http://127.0.0.1:8080/v1/verifications/${String(verificationId)}/proof`;
      expect(answer).toMatchObject({ execution: null, links: { proof } });
      expect(await client.call('GetProofOffer', { verificationId })).toMatchObject({
        status: 'offered',
        quote: { price: { amount: '50000' }, expectedMs: expect.any(Number) },
      });
      const order = { verificationId };
      const { metadata, payer, moved } = await paidOverGrpc(fixture, client, {
        ...{ method: 'OrderProof', message: order },
      });
      const { message: proved, trailers } = await client.ask('OrderProof', order, { metadata });
      expect(trailers.get('payment-response')).toHaveLength(1);
      expect(proved).toMatchObject({
        ...{ verificationId, model: { id: ID }, payment: { payer: payer.payer, amount: '50000' } },
      });
      const [event] = (await provedEvents(String(verificationId))) as unknown as { zk: ZkProof }[];
      expect((proved['execution'] as ProvenMessage).zkJson).toBe(canonicalJson(event?.zk));
      for (const options of [{ metadata }, {}]) {
        const again = await client.ask('OrderProof', order, options);
        expect(again.message).toEqual(proved);
        expect(again.trailers.get('idempotent-replayed')).toEqual(['true']);
      }
      expect(moved()).toEqual({ runs: 0, transfers: 1 });
      expect(await client.call('GetProofOffer', { verificationId })).toMatchObject({
        ...{ status: 'proved', quote: null },
      });
    },
    PROVED_MS,
  );

  it(
    'an order is bound to its message, and says what to watch where its settlement is not known yet',
    async () => {
      const { metadata } = await paidOverGrpc(fixture, client, { message });
      const { verificationId } = await client.call('Infer', message, { metadata });
      const order = { verificationId };
      const paid = await paidOverGrpc(fixture, client, { method: 'OrderProof', message: order });
      fixture.payments.nextSettle = 'pending';
      const refused = await client.refusal('OrderProof', order, { metadata: paid.metadata });
      expect(refused).toMatchObject({
        info: { reason: 'settlement-pending' },
        message: expect.stringContaining(`/v1/verifications/${String(verificationId)}/proof`),
      });
      expect(refused.trailers.get('verification-id')).toEqual([verificationId]);
      const padded = Buffer.concat([client.bytesOf('OrderProof', order), Buffer.from('7a0161', 'hex')]);
      expect(await client.refusal('OrderProof', padded, { metadata: paid.metadata })).toMatchObject({
        info: { reason: 'payment-bound-to-other-request' },
      });
      fixture.payments.nextSettle = 'settled';
      const { execution } = await client.call('OrderProof', order, { metadata: paid.metadata });
      expect(execution).toHaveProperty('zkJson');
    },
    PROVED_MS,
  );
});
