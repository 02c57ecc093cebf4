import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomDigest } from './support/direct-payer.js';
import { killed, PaymentFixture } from './support/payment-fixture.js';
import { TransferScene } from './support/transfer-scene.js';

describe('transfers and a payment-verifier that is killed', () => {
  let fixture: PaymentFixture;
  let scene: TransferScene;
  beforeAll(async () => {
    fixture = await PaymentFixture.create({ finalizes: false, slotsInAnEpoch: 40 });
    scene = new TransferScene(fixture);
  }, 60_000);
  beforeEach(() => scene.begin());
  afterAll(() => fixture.close());

  const subjects = async (id: string) =>
    (await fixture.reservationEvents())
      .filter(({ reservationId }) => reservationId === id)
      .map(({ subject }) => subject.split('.').at(-1));

  it('pay once however it dies: while it looks, after it reserved, while it settles', async () => {
    const sent = await scene.paid();
    const digest = randomDigest();
    const claim = await scene.claim(sent, digest);

    // While it looks: nothing is held, and the same claim is taken by the next process.
    const first = await fixture.spawn();
    fixture.proxy.decide = (method) => (method === 'eth_getTransactionReceipt' ? 'hang' : 'pass');
    void scene.authorize(claim, digest).catch((error: { code: string }) => error.code);
    while (!fixture.proxy.methods.includes('eth_getTransactionReceipt'))
      await new Promise((resolve) => setTimeout(resolve, 20));
    await killed(first);
    fixture.proxy.decide = () => 'pass';
    expect(await fixture.countReservations()).toBe(0);

    const second = await fixture.spawn();
    const { reservationId } = await scene.reserved(sent, digest);
    await killed(second);

    // While it settles: what was asked for once is settled by whoever comes next, without its caller.
    const third = await fixture.spawn();
    fixture.proxy.methods.length = 0;
    fixture.proxy.decide = (method) => (method === 'eth_getTransactionReceipt' ? 'hang' : 'pass');
    void scene.settle(reservationId).catch((error: { code: string }) => error.code);
    while (!fixture.proxy.methods.includes('eth_getTransactionReceipt'))
      await new Promise((resolve) => setTimeout(resolve, 20));
    await killed(third);
    fixture.proxy.decide = () => 'pass';
    await fixture.spawn();
    await fixture.recovered(reservationId, 'settled');

    expect(await subjects(reservationId)).toEqual(['settled']);
    expect(await scene.authorize(claim, digest)).toMatchObject({ outcome: 'settled', reservationId });
    expect(await scene.first(sent)).toEqual({ outcome: 'bound-to-other-request' });
    expect(fixture.signer.transactions).toHaveLength(0);
  }, 120_000);
});
