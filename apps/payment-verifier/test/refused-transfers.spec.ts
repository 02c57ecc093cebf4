import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { SignedTransferClaim } from '@touchstone/contracts/transfer';
import { bytesToHex, hexToBytes } from '@touchstone/crypto';
import type { Hex } from 'viem';
import { TRANSFER_AGE_DEFAULT_MAX_SECONDS, TRANSFER_CONFIRMATIONS_DEFAULT } from '../src/config.js';
import { askedFor, randomDigest, transferData } from './support/direct-payer.js';
import { PaymentFixture } from './support/payment-fixture.js';
import { ASSET, Payer, PRICE } from './support/payer.js';
import { TransferScene } from './support/transfer-scene.js';

/** Order of the group of secp256k1. */
const ORDER = 2n ** 256n - 432420386565659656852420866394968145599n;

let fixture: PaymentFixture;
let scene: TransferScene;
beforeAll(async () => {
  fixture = await PaymentFixture.create({ finalizes: false, slotsInAnEpoch: 40 });
  await fixture.start();
  scene = new TransferScene(fixture);
}, 60_000);
beforeEach(() => scene.begin());
afterAll(() => fixture.close());

const refusal = (code: string, reason?: string) =>
  expect.objectContaining({ outcome: 'refused', code, ...(reason && { reason }) });

describe('what is refused of a transfer', () => {
  it('a hash that no block has', async () => {
    const nothing = { txHash: randomDigest(), logIndexes: [0], blockNumber: 0 };
    expect(await scene.first(nothing)).toEqual(refusal('TX_NOT_FOUND'));
  });

  it('a transaction that reverted', async () => {
    const poor = await fixture.payer(0n);
    const hash = await scene.wallets.submit(
      poor.address,
      transferData(fixture.payTo, PRICE),
      ASSET,
      '0x186a0',
    );
    const sent = await scene.wallets.receipt(hash);
    await scene.mine(TRANSFER_CONFIRMATIONS_DEFAULT - 1);
    scene.payer = poor;
    expect(await scene.first(sent)).toEqual(refusal('TX_FAILED'));
  });

  it(`fewer than ${TRANSFER_CONFIRMATIONS_DEFAULT} confirmations`, async () => {
    const sent = await scene.wallets.transfer(scene.payer, fixture.payTo);
    await scene.mine(TRANSFER_CONFIRMATIONS_DEFAULT - 2);
    expect(await scene.first(sent)).toEqual(refusal('INSUFFICIENT_CONFIRMATIONS'));
    await scene.mine(1);
    expect(await scene.first(sent)).toMatchObject({ outcome: 'reserved' });
  });

  it('a transaction without a transfer of this token, and a log that is none', async () => {
    const other = await scene.wallets.send(scene.payer.address, '0x', scene.payer.address);
    await scene.mine(TRANSFER_CONFIRMATIONS_DEFAULT - 1);
    expect(await scene.first(other)).toEqual(refusal('NO_TRANSFER_EVENT'));
    const sent = await scene.paid();
    expect(await scene.first(sent, { logIndex: (sent.logIndexes[0] ?? 0) + 1 })).toEqual(
      refusal('NO_TRANSFER_EVENT'),
    );
  });

  it('another recipient, on the chain, in the claim and in the request', async () => {
    const stranger = `0x${'77'.repeat(20)}` as const;
    expect(await scene.first(await scene.paid(PRICE, stranger))).toEqual(
      refusal('WRONG_RECIPIENT', 'wrong_recipient'),
    );
    const sent = await scene.paid();
    expect(await scene.first(sent, { payTo: stranger })).toEqual(
      refusal('WRONG_RECIPIENT', 'claim_recipient_mismatch'),
    );
    expect(await scene.first(sent, { payTo: stranger }, askedFor(stranger))).toEqual(
      refusal('WRONG_RECIPIENT', 'wrong_recipient'),
    );
  });

  it('one atomic unit too little', async () => {
    expect(await scene.first(await scene.paid(PRICE - 1n))).toEqual(refusal('INSUFFICIENT_AMOUNT'));
  });

  it("another payer's transfer, claimed by oneself or in his name", async () => {
    const sent = await scene.paid();
    const victim = scene.payer.address;
    scene.payer = new Payer();
    expect(await scene.first(sent)).toEqual(refusal('VERIFICATION_ERROR', 'payer_mismatch'));
    expect(await scene.first(sent, { payer: victim })).toEqual(
      refusal('VERIFICATION_ERROR', 'claim_signature'),
    );
  });

  it('the answer of a paid request to somebody else who knows hash and request', async () => {
    const sent = await scene.paid();
    const digest = randomDigest();
    await scene.authorize(await scene.claim(sent, digest), digest);
    scene.payer = new Payer();
    expect(await scene.authorize(await scene.claim(sent, digest), digest)).toEqual(
      refusal('VERIFICATION_ERROR', 'payer_mismatch'),
    );
    expect(await scene.authorize({ txHash: sent.txHash }, digest)).toEqual({
      outcome: 'bound-to-other-request',
    });
  });

  it('a claim for another request', async () => {
    const sent = await scene.paid();
    const signed = await scene.claim(sent, randomDigest());
    expect(await scene.authorize(signed, randomDigest())).toEqual(
      refusal('VERIFICATION_ERROR', 'claim_for_other_request'),
    );
  });

  it('a claim that was signed for another chain', async () => {
    const sent = await scene.paid();
    const digest = randomDigest();
    const signed = await scene.claim(sent, digest, {}, 1);
    expect(await scene.authorize(signed, digest)).toEqual(refusal('VERIFICATION_ERROR', 'claim_signature'));
  });

  it('a claim past its deadline', async () => {
    const sent = await scene.paid();
    expect(await scene.first(sent, { deadline: scene.nowSeconds() - 1 })).toEqual(
      refusal('VERIFICATION_ERROR', 'claim_expired'),
    );
  });

  it('a signature with the high s, and one that was changed', async () => {
    const sent = await scene.paid();
    const changed = (twin: boolean) => (signed: SignedTransferClaim) => {
      const bytes = hexToBytes(signed.signature.slice(2), 65) as Uint8Array;
      if (twin) {
        const s = ORDER - BigInt(`0x${bytesToHex(bytes.subarray(32, 64))}`);
        bytes.set(hexToBytes(s.toString(16).padStart(64, '0'), 32) as Uint8Array, 32);
        bytes[64] = bytes[64] === 27 ? 28 : 27;
      } else bytes[0] = Number(bytes[0]) ^ 1;
      return { ...signed, signature: `0x${bytesToHex(bytes)}` };
    };
    const none = refusal('VERIFICATION_ERROR', 'claim_signature');
    expect(await scene.first(sent, {}, undefined, changed(true))).toEqual(none);
    expect(await scene.first(sent, {}, undefined, changed(false))).toEqual(none);
    expect(await scene.first(sent)).toMatchObject({ outcome: 'reserved' });
  });

  it('another token or network than the one that is taken', async () => {
    const sent = await scene.paid();
    for (const change of [{ asset: `0x${'66'.repeat(20)}` }, { network: 'eip155:1' }])
      expect(await scene.first(sent, {}, askedFor(fixture.payTo, change))).toEqual(
        refusal('VERIFICATION_ERROR'),
      );
  });

  it('a transfer that is older than the limit', async () => {
    const sent = await scene.paid();
    const { timestamp } = await fixture.token.rpc<{ timestamp: Hex }>('eth_getBlockByNumber', [
      `0x${sent.blockNumber.toString(16)}`,
      false,
    ]);
    const at = (ageSeconds: number) => {
      fixture.clock.aheadMs = (Number(timestamp) + ageSeconds) * 1_000 + 500 - Date.now();
    };
    try {
      at(TRANSFER_AGE_DEFAULT_MAX_SECONDS + 1);
      expect(await scene.first(sent)).toEqual(refusal('VERIFICATION_ERROR', 'transfer_too_old'));
      at(TRANSFER_AGE_DEFAULT_MAX_SECONDS - 1);
      expect(await scene.first(sent)).toMatchObject({ outcome: 'reserved' });
    } finally {
      fixture.clock.aheadMs = 0;
    }
  });
});
