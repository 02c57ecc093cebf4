import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Hex } from 'viem';
import { TRANSFER_CONFIRMATIONS_DEFAULT } from '../src/config.js';
import { askedFor, EVENT_WRITER, randomDigest, writtenTransfer } from './support/direct-payer.js';
import { PaymentFixture } from './support/payment-fixture.js';
import { PRICE } from './support/payer.js';
import { TransferScene } from './support/transfer-scene.js';

/** A token whose events are what a test writes; the payment-verifier takes it. */
const TOKEN = `0x${'70'.repeat(20)}` as const;
/** Another contract with the same code. */
const FAKE = `0x${'71'.repeat(20)}` as const;
const COLLECTOR = `0x${'fe'.repeat(20)}` as const;

let fixture: PaymentFixture;
let scene: TransferScene;
beforeAll(async () => {
  fixture = await PaymentFixture.create({ finalizes: false, slotsInAnEpoch: 40 });
  for (const address of [TOKEN, FAKE]) await fixture.token.rpc('anvil_setCode', [address, EVENT_WRITER]);
  await fixture.start({ TOUCHSTONE_PAYMENT_ASSET: TOKEN });
  scene = new TransferScene(fixture);
}, 60_000);
beforeEach(() => scene.begin());
afterAll(() => fixture.close());

/** A transaction with the given transfers, deep enough. */
const written = async (transfers: readonly (readonly [Hex, Hex, bigint])[], token: Hex = TOKEN) => {
  const data =
    `0x${transfers.map(([from, to, amount]) => writtenTransfer(from, to, amount)).join('')}` as const;
  const sent = await scene.wallets.send(scene.payer.address, data, token);
  await scene.mine(TRANSFER_CONFIRMATIONS_DEFAULT - 1);
  expect(sent.logIndexes).toHaveLength(transfers.length);
  return sent;
};
const asked = () => askedFor(fixture.payTo, { asset: TOKEN });

describe('a transfer of an odd token', () => {
  it('that keeps a fee pays what arrived', async () => {
    const fee = PRICE / 10n;
    const { address } = scene.payer;
    const sent = await written([
      [address, fixture.payTo, PRICE - fee],
      [address, COLLECTOR, fee],
    ]);
    expect(await scene.first(sent, {}, asked())).toMatchObject({ code: 'INSUFFICIENT_AMOUNT' });
    const enough = await written([
      [address, COLLECTOR, fee],
      [address, fixture.payTo, PRICE],
    ]);
    const logIndex = enough.logIndexes[1] ?? 0;
    expect(await scene.first(enough, { logIndex }, asked())).toMatchObject({
      outcome: 'reserved',
      payment: { amount: PRICE.toString(), logIndex },
    });
  });

  it('that only looks like the one that is taken pays nothing', async () => {
    const sent = await written([[scene.payer.address, fixture.payTo, PRICE]], FAKE);
    expect(await scene.first(sent, {}, asked())).toMatchObject({ code: 'NO_TRANSFER_EVENT' });
    expect(await scene.authorize({ txHash: sent.txHash }, randomDigest(), asked())).toMatchObject({
      code: 'NO_TRANSFER_EVENT',
    });
  });

  it('beside others in one transaction pays once each, by its place', async () => {
    const { address } = scene.payer;
    const sent = await written([
      [address, fixture.payTo, PRICE],
      [address, fixture.payTo, PRICE],
    ]);
    const [first = 0, second = 0] = sent.logIndexes;
    for (const logIndex of [first, second])
      expect(await scene.first(sent, { logIndex }, asked())).toMatchObject({ outcome: 'reserved' });
    for (const logIndex of [first, second])
      expect(await scene.first(sent, { logIndex }, asked())).toEqual({ outcome: 'bound-to-other-request' });
  });

  it('by a hash alone pays once for each that fits, whoever comes first', async () => {
    const { address } = scene.payer;
    const sent = await written([
      [address, COLLECTOR, PRICE],
      [address, fixture.payTo, PRICE],
      [address, fixture.payTo, PRICE - 1n],
      [address, fixture.payTo, PRICE],
    ]);
    const bare = { txHash: sent.txHash };
    const requests = Array.from({ length: 7 }, randomDigest);
    // Guesses at what a payment is for are counted, so that some may be told nothing more.
    const outcomeOf = (digest: string) =>
      scene.authorize(bare, digest, asked()).catch(({ code }: { code: string }) => ({ outcome: code }));
    const results = await Promise.all(requests.map(outcomeOf));
    const isRefused = (outcome: string) => ['bound-to-other-request', 'rate-limited'].includes(outcome);
    expect(results.filter(({ outcome }) => outcome === 'reserved')).toHaveLength(2);
    expect(results.filter(({ outcome }) => isRefused(outcome))).toHaveLength(5);
    for (const [place, digest] of requests.entries()) {
      const { outcome } = await outcomeOf(digest);
      if (results[place]?.outcome === 'reserved') expect(outcome).toBe('in-flight');
      else expect(isRefused(outcome)).toBe(true);
    }
  });
});
