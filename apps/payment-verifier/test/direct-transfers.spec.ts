import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Hex } from 'viem';
import { TRANSFER_AGE_DEFAULT_MAX_SECONDS, TRANSFER_CONFIRMATIONS_DEFAULT } from '../src/config.js';
import { randomDigest } from './support/direct-payer.js';
import { PaymentFixture } from './support/payment-fixture.js';
import { ASSET, NETWORK, PRICE, requirementsFor } from './support/payer.js';
import { TransferScene } from './support/transfer-scene.js';

let fixture: PaymentFixture;
let scene: TransferScene;
beforeAll(async () => {
  fixture = await PaymentFixture.create({ finalizes: false, slotsInAnEpoch: 40 });
  await fixture.start();
  scene = new TransferScene(fixture);
}, 60_000);
beforeEach(() => scene.begin());
afterAll(() => fixture.close());

describe('a transfer that its payer made himself', () => {
  it('is reserved and settled without a transaction of ours, and announced once', async () => {
    const sent = await scene.paid();
    const digest = randomDigest();
    const signed = fixture.signer.transactions.length;
    const claim = await scene.claim(sent, digest);
    const reserved = await scene.authorize(claim, digest);
    if (reserved.outcome !== 'reserved') throw new Error(JSON.stringify(reserved));
    expect(reserved.payment).toEqual({
      ...{ network: NETWORK, asset: ASSET, payer: scene.payer.address, payTo: fixture.payTo },
      ...{ amount: PRICE.toString(), txHash: sent.txHash, logIndex: sent.logIndexes[0] },
    });
    const settled = await scene.settle(reserved.reservationId);
    expect(settled).toEqual({
      outcome: 'settled',
      settlement: {
        success: true,
        transaction: `0x${sent.txHash}`,
        network: NETWORK,
        payer: scene.payer.address,
      },
    });
    expect(fixture.signer.transactions.length).toBe(signed);
    expect(await scene.authorize(claim, digest)).toMatchObject({
      outcome: 'settled',
      reservationId: reserved.reservationId,
    });
    const events = (await fixture.reservationEvents()).filter(
      ({ reservationId }) => reservationId === reserved.reservationId,
    );
    expect(events.map(({ subject }) => subject)).toEqual(['evt.v1.payment.transfer.settled']);
  });

  it('pays for its first request alone, by whatever claim it comes again', async () => {
    const sent = await scene.paid();
    const digest = randomDigest();
    expect(await scene.authorize(await scene.claim(sent, digest), digest)).toMatchObject({
      outcome: 'reserved',
    });
    const other = randomDigest();
    expect(await scene.authorize(await scene.claim(sent, other), other)).toEqual({
      outcome: 'bound-to-other-request',
    });
  });

  it('is reserved by one of eight requests that bring it at once', async () => {
    const sent = await scene.paid();
    const attempts = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const digest = randomDigest();
        return scene
          .authorize(await scene.claim(sent, digest), digest)
          .catch((error: { code: string }) => ({ outcome: error.code }));
      }),
    );
    expect(attempts.filter(({ outcome }) => outcome === 'reserved')).toHaveLength(1);
    for (const { outcome } of attempts)
      expect(['reserved', 'bound-to-other-request', 'rate-limited']).toContain(outcome);
    const same = await scene.paid();
    const digest = randomDigest();
    const claim = await scene.claim(same, digest);
    const copies = await Promise.all(Array.from({ length: 8 }, () => scene.authorize(claim, digest)));
    expect(copies.filter(({ outcome }) => outcome === 'reserved')).toHaveLength(1);
    expect(new Set(copies.map(({ outcome }) => outcome))).toEqual(new Set(['reserved', 'in-flight']));
  });

  it('may be more than what is asked for, and is named in whole', async () => {
    const sent = await scene.paid(PRICE + 1n);
    const digest = randomDigest();
    expect(await scene.authorize(await scene.claim(sent, digest), digest)).toMatchObject({
      payment: { amount: (PRICE + 1n).toString() },
    });
  });

  it('is given back and taken again by its request, after its deadline and its age too', async () => {
    const sent = await scene.paid();
    const digest = randomDigest();
    const claim = await scene.claim(sent, digest);
    const first = await scene.authorize(claim, digest);
    if (first.outcome !== 'reserved') throw new Error(JSON.stringify(first));
    const { reservationId } = first;
    await fixture.gateway.call('payment-verifier', 'release', { reservationId, reason: 'inference-failed' });
    fixture.clock.aheadMs += TRANSFER_AGE_DEFAULT_MAX_SECONDS * 1_000;
    try {
      expect(await scene.authorize(claim, digest)).toMatchObject({ outcome: 'reserved', reservationId });
      expect(await scene.settle(reservationId)).toMatchObject({ outcome: 'settled' });
    } finally {
      fixture.clock.aheadMs = 0;
    }
  });
});

describe('a transfer that an authorisation made', () => {
  it('pays once, as what we settled before and as a transfer', async () => {
    const objects = await scene.payer.pay(requirementsFor(fixture.payTo));
    const digest = randomDigest();
    const reserved = await fixture.gateway.call('payment-verifier', 'authorize', {
      ...objects,
      requestDigest: digest,
    });
    if (reserved.outcome !== 'reserved') throw new Error(JSON.stringify(reserved));
    const settled = await scene.settle(reserved.reservationId);
    const sent = await scene.wallets.receipt(
      String('settlement' in settled && settled.settlement['transaction']) as Hex,
    );
    await scene.mine(TRANSFER_CONFIRMATIONS_DEFAULT - 1);
    const other = randomDigest();
    expect(await scene.authorize(await scene.claim(sent, other), other)).toEqual({
      outcome: 'bound-to-other-request',
    });
    // The request that it paid for gets its answer by either.
    expect(await scene.authorize(await scene.claim(sent, digest), digest)).toMatchObject({
      outcome: 'settled',
      reservationId: reserved.reservationId,
    });
    expect(await scene.authorize({ txHash: sent.txHash }, digest)).toEqual({
      outcome: 'bound-to-other-request',
    });
  });

  it('and that somebody else sent is taken as a transfer, and then not as an authorisation', async () => {
    const objects = await scene.payer.pay(requirementsFor(fixture.payTo));
    const { transactionHash } = await fixture.token.transfer(objects);
    const sent = await scene.wallets.receipt(transactionHash);
    await scene.mine(TRANSFER_CONFIRMATIONS_DEFAULT - 1);
    const digest = randomDigest();
    expect(await scene.authorize(await scene.claim(sent, digest), digest)).toMatchObject({
      outcome: 'reserved',
    });
    expect(
      await fixture.gateway.call('payment-verifier', 'authorize', {
        ...objects,
        requestDigest: randomDigest(),
      }),
    ).toEqual({ outcome: 'bound-to-other-request' });
  });
});

describe('a hash alone', () => {
  it('pays once, and the record says that nobody proved the payer', async () => {
    const sent = await scene.paid();
    const digest = randomDigest();
    const reserved = await scene.authorize({ txHash: sent.txHash }, digest);
    if (reserved.outcome !== 'reserved') throw new Error(JSON.stringify(reserved));
    expect(await scene.settle(reserved.reservationId)).toMatchObject({
      outcome: 'settled',
      settlement: { remarks: ['payer-unproven'] },
    });
    const events = await fixture.reservationEvents();
    expect(events.find(({ reservationId }) => reservationId === reserved.reservationId)).toMatchObject({
      remarks: ['payer-unproven'],
    });
    expect(await scene.authorize({ txHash: sent.txHash }, digest)).toMatchObject({ outcome: 'settled' });
    expect(await scene.authorize({ txHash: sent.txHash }, randomDigest())).toEqual({
      outcome: 'bound-to-other-request',
    });
  });
});
