import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@touchstone/testing';
import type { TestService } from '@touchstone/testing/service';
import { TRANSFER_CONFIRMATIONS_DEFAULT } from '../src/config.js';
import { randomDigest, transferData } from './support/direct-payer.js';
import { PaymentFixture } from './support/payment-fixture.js';
import { TransferScene } from './support/transfer-scene.js';

/** More blocks than a test makes lie below a final one, and none is mined unasked: all of them may be dropped. */
const SLOTS_IN_AN_EPOCH = 40;
const CONFIRM = TRANSFER_CONFIRMATIONS_DEFAULT - 1;

describe('a reorganisation of the chain and the transfers in it', () => {
  let fixture: PaymentFixture;
  let service: TestService;
  let scene: TransferScene;
  beforeAll(async () => {
    fixture = await PaymentFixture.create({ finalizes: false, slotsInAnEpoch: SLOTS_IN_AN_EPOCH });
    service = await fixture.start();
    scene = new TransferScene(fixture);
  }, 60_000);
  beforeEach(() => scene.begin());
  afterEach(() => goOn());
  afterAll(() => fixture.close());

  const height = async () => Number(await fixture.token.rpc('eth_blockNumber', []));
  const goOn = () => {
    fixture.proxy.decide = () => 'pass';
  };
  /** Drops every block above a height, while the payment-verifier cannot see the chain. */
  const dropAbove = async (block: number) => {
    fixture.proxy.decide = () => 'fail';
    await fixture.token.rpc('anvil_reorg', [(await height()) - block, []]);
  };
  const finalise = () => scene.mine(2 * SLOTS_IN_AN_EPOCH + 1);
  const isFinal = async (id: string) => {
    const [row] = await fixture.rows<{ isFinal: boolean }>(
      'SELECT is_final AS "isFinal" FROM payments.reservations WHERE id = $1',
      [id],
    );
    return row?.isFinal === true;
  };
  const subjects = async (id: string) =>
    (await fixture.reservationEvents())
      .filter(({ reservationId }) => reservationId === id)
      .map(({ subject }) => subject.split('.').at(-1));
  /** A transfer as signed bytes, in a block and deep enough. */
  const paidRaw = async () => {
    const raw = await scene.wallets.sign(scene.payer, fixture.payTo);
    const sent = await scene.wallets.sendRaw(raw);
    await scene.mine(CONFIRM);
    return { raw, sent };
  };

  it('that drops a settled one for good has it taken back, once, at a final block', async () => {
    const before = await height();
    const sent = await scene.paid();
    const { reservationId, requestDigest } = await scene.reserved(sent);
    expect(await scene.settle(reservationId)).toMatchObject({ outcome: 'settled' });
    await dropAbove(before);
    goOn();
    await scene.mine(CONFIRM + 1);
    expect(await fixture.state(reservationId)).toBe('settled');
    await finalise();
    await waitUntil(async () => (await fixture.state(reservationId)) === 'failed', 15_000, 'the reversal');
    expect(await subjects(reservationId)).toEqual(['settled', 'failed']);
    expect(await service.metric('touchstone_payment_undone_total')).toBe(1);
    // Neither its own request nor another one gets anything for it any more.
    const again = await scene.claim(sent, requestDigest);
    expect(await scene.authorize(again, requestDigest)).toMatchObject({
      outcome: 'refused',
      code: 'TX_NOT_FOUND',
    });
    expect(await scene.first(sent)).toEqual({ outcome: 'bound-to-other-request' });
  });

  it('that moves a settled one to another block leaves it settled, and lets it pay for nothing else', async () => {
    const before = await height();
    const { raw, sent } = await paidRaw();
    const { reservationId, requestDigest } = await scene.reserved(sent);
    await scene.settle(reservationId);
    await dropAbove(before);
    // Another transfer stands before it in its new block, so that its index there is another one.
    await fixture.token.rpc('evm_setAutomine', [false]);
    const other = await fixture.payer(0n);
    await fixture.token.rpc('anvil_setBalance', [other.address, '0xde0b6b3a7640000']);
    const { payTo } = fixture;
    const earlier = await scene.wallets.submit(other.address, transferData(payTo, 0n), undefined, '0x186a0');
    await fixture.token.rpc('eth_sendRawTransaction', [raw]);
    await fixture.token.rpc('evm_setAutomine', [true]);
    await scene.mine(1);
    const moved = await scene.wallets.receipt(`0x${sent.txHash}`);
    expect((await scene.wallets.receipt(earlier)).blockNumber).toBe(moved.blockNumber);
    await scene.mine(CONFIRM);
    goOn();
    expect(await scene.first(moved)).toEqual({ outcome: 'bound-to-other-request' });
    // Its own request gets its answer by the claim of then and by one of now.
    for (const place of [sent, moved])
      expect(await scene.authorize(await scene.claim(place, requestDigest), requestDigest)).toMatchObject({
        outcome: 'settled',
        reservationId,
      });
    await finalise();
    await waitUntil(() => isFinal(reservationId), 15_000, 'the transfer to be final');
    expect(await fixture.state(reservationId)).toBe('settled');
    expect(await subjects(reservationId)).toEqual(['settled']);
  });

  it('that drops one before it is settled keeps its answer back, and gives it when a block takes it up', async () => {
    const before = await height();
    const { raw, sent } = await paidRaw();
    const { reservationId, requestDigest } = await scene.reserved(sent);
    await dropAbove(before);
    goOn();
    expect(await scene.settle(reservationId)).toMatchObject({
      outcome: 'pending',
      settlement: { transaction: `0x${sent.txHash}` },
    });
    await finalise();
    await fixture.recovered(reservationId, 'failed');
    expect(await subjects(reservationId)).toEqual(['failed']);
    const claim = await scene.claim(sent, requestDigest);
    expect(await scene.authorize(claim, requestDigest)).toMatchObject({ code: 'TX_NOT_FOUND' });
    await scene.wallets.sendRaw(raw);
    await scene.mine(CONFIRM);
    expect(await scene.authorize(claim, requestDigest)).toMatchObject({ outcome: 'settled', reservationId });
    expect(await subjects(reservationId)).toEqual(['failed', 'settled']);
  });

  it('is not looked for below a final block', async () => {
    const { reservationId } = await scene.reserved(await scene.paid());
    await scene.settle(reservationId);
    expect(await isFinal(reservationId)).toBe(false);
    await finalise();
    await waitUntil(() => isFinal(reservationId), 15_000, 'the transfer to be final');
  });

  it.each(['fail', 'hide'] as const)(
    'leaves a transfer alone while a node does %s its receipt',
    async (kind) => {
      const { reservationId } = await scene.reserved(await scene.paid());
      await scene.settle(reservationId);
      let asked = 0;
      fixture.proxy.decide = (method) => {
        if (method !== 'eth_getTransactionReceipt') return 'pass';
        asked += 1;
        return kind;
      };
      await finalise();
      await waitUntil(async () => asked >= 3, 10_000, 'three looks');
      expect(await fixture.state(reservationId)).toBe('settled');
      expect(await isFinal(reservationId)).toBe(false);
      goOn();
      await waitUntil(() => isFinal(reservationId), 15_000, 'the transfer to be final');
    },
  );

  it('that came while its request was asked for with a reserved transfer is seen by the retry', async () => {
    const before = await height();
    const sent = await scene.paid();
    const digest = randomDigest();
    const { reservationId } = await scene.reserved(sent, digest);
    await fixture.gateway.call('payment-verifier', 'release', { reservationId, reason: 'inference-failed' });
    await dropAbove(before);
    goOn();
    expect(await scene.authorize(await scene.claim(sent, digest), digest)).toMatchObject({
      outcome: 'refused',
      code: 'TX_NOT_FOUND',
    });
    expect(await fixture.state(reservationId)).toBe('released');
  });
});
