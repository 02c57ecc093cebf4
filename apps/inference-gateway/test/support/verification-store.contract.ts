import { beforeEach, describe, expect, it } from '@jest/globals';
import type { AuthorizationPayment, ModelCommitment, PaymentReference } from '@touchstone/contracts';
import { TRANSFER_DROPPED } from '@touchstone/contracts/transfer';
import { uuidV7 } from '@touchstone/postgres';
import { randomBytes } from 'node:crypto';
import {
  type EventDraft,
  type Verification,
  type VerificationStore,
} from '../../src/domain/inference/verification.js';
import { SETTLE_ASK_AFTER_MS, SETTLE_ASK_PAUSE_LAST_MS } from '../../src/domain/payment/stored-answer.js';

const START_MS = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const hex = (bytes = 32): string => randomBytes(bytes).toString('hex');
const settlement = { success: true, transaction: `0x${'ab'.repeat(32)}` };
const body = new TextEncoder().encode('{"answer":1}');

/** The commitment that these answers were made under. */
export const commitment: ModelCommitment = {
  type: 'touchstone.model-commitment.v1',
  modelVersionId: 'cd'.repeat(32),
  model: { developer: 'nobody', modelHash: 'aa'.repeat(32), name: 'Digits', version: '1.0.0' },
  sequence: 0,
  keys: [{ kid: 'output-1', alg: 'ES256K', publicKey: `02${'ab'.repeat(32)}` }],
  currentKeyId: 'output-1',
  vkDigest: null,
  previous: null,
  effectiveAt: 1_767_323_045,
};

/** A store with a look at what it announced. */
export interface StoreUnderTest {
  readonly store: VerificationStore;
  /** Ids of the verifications whose event was written, in order. */
  recorded(): Promise<string[]>;
}

const authorized = (): AuthorizationPayment => ({
  network: 'eip155:8453',
  asset: `0x${'83'.repeat(20)}`,
  payer: `0x${hex(20)}`,
  payTo: `0x${'22'.repeat(20)}`,
  amount: '10000',
  nonce: hex(),
});

/** A paid answer as the gateway stores it. */
export function paidVerification(
  change: Partial<Verification> = {},
  payment: PaymentReference = authorized(),
): {
  row: Verification;
  event: EventDraft;
} {
  const id = uuidV7();
  const requestParts = {
    bodyDigest: hex(),
    method: 'POST',
    modelVersionId: 'cd'.repeat(32),
    quoteId: null,
    target: '/v1/models/digits/infer',
  };
  const proof = {
    modelVersionId: 'cd'.repeat(32),
    inputHash: hex(),
    outputHash: hex(),
    nonce: hex(),
    timestamp: 1_767_323_045,
    domain: 'model-output-v1',
    keyId: 'output-1',
    signature: 'ab'.repeat(64),
  };
  const context = {
    salt: hex(),
    requestDigest: hex(),
    payment,
    node: { nodeId: 'node-1', attestationStatus: 'UNKNOWN' as const, buildId: null, capabilityHash: null },
    build: { service: 'inference-gateway', version: '0.1.0', hash: 'b'.repeat(64) },
  };
  const row: Verification = {
    ...{
      id,
      state: 'executed',
      modelId: 'digits',
      modelVersionId: proof.modelVersionId,
      proof,
      context,
      commitment,
    },
    ...{ reservationId: uuidV7(), payment, settlement: null, failure: null, inferenceMs: 1, totalMs: 2 },
    ...{ createdAtMs: START_MS, settledAtMs: null },
    ...change,
  };
  const event: EventDraft = {
    ...{ verificationId: id, modelId: 'digits', proof, context, inputs: null, outputs: null, commitment },
    payment: { requestParts, receipt: null },
  };
  return { row, event };
}

/** What every store of verifications has to keep about paid answers. */
export function describeVerificationStore(name: string, make: () => Promise<StoreUnderTest>): void {
  describe(`${name} as a store of paid answers`, () => {
    let under: StoreUnderTest;
    beforeEach(async () => {
      under = await make();
    });
    const stored = async (change: Partial<Verification> = {}, payment?: PaymentReference) => {
      const { row, event } = paidVerification(change, payment);
      const answer = await under.store.storeExecuted(row, event, body);
      return { row, event, answer, reservationId: row.reservationId as string };
    };

    it('keeps an answer with what it was made for', async () => {
      const { row, answer, reservationId } = await stored();
      expect(answer).toEqual({
        ...{ reservationId, verificationId: row.id, state: 'executed', body, handedOut: false },
        ...{
          requestDigest: row.context.requestDigest,
          modelVersionId: row.modelVersionId,
          payment: row.payment,
        },
      });
      expect(await under.store.findByReservation(reservationId)).toEqual(answer);
      expect(await under.store.findByReservation(uuidV7())).toBeUndefined();
    });

    it('keeps the first answer of a reservation', async () => {
      const { answer, reservationId } = await stored();
      const second = paidVerification({ reservationId });
      const other = new TextEncoder().encode('{"answer":2}');
      expect(await under.store.storeExecuted(second.row, second.event, other)).toEqual(answer);
    });

    it('finds an answer by payer and nonce, whoever asks for what', async () => {
      const { answer, row } = await stored();
      const { payer, nonce } = row.payment as AuthorizationPayment;
      expect(await under.store.findByPayment({ payer, nonce })).toEqual([answer]);
      expect(await under.store.findByPayment({ payer, nonce: hex() })).toEqual([]);
      expect(await under.store.findByPayment({ payer: `0x${hex(20)}`, nonce })).toEqual([]);
    });

    it('finds the answers that transfers of a transaction paid for', async () => {
      const txHash = hex();
      const { nonce: _, ...parties } = paidVerification().row.payment as AuthorizationPayment;
      const first = await stored({}, { ...parties, txHash, logIndex: 3 });
      const second = await stored({}, { ...parties, txHash, logIndex: 4 });
      await stored();
      const found = await under.store.findByPayment({ txHash });
      expect(new Set(found.map(({ reservationId }) => reservationId))).toEqual(
        new Set([first.reservationId, second.reservationId]),
      );
      expect(found[0]?.payment).toMatchObject({ txHash });
      expect(await under.store.findByPayment({ txHash: hex() })).toEqual([]);
    });

    it('takes back a settlement whose transfer the chain dropped, for good', async () => {
      const { row, reservationId } = await stored();
      await under.store.settle(reservationId, settlement, true);
      await under.store.failPayment(reservationId, TRANSFER_DROPPED);
      const reversed = { state: 'payment-failed', failure: TRANSFER_DROPPED, settledAtMs: null };
      expect(await under.store.find(row.id)).toMatchObject(reversed);
      // The event of the settlement may be delivered again.
      await under.store.settle(reservationId, settlement, false);
      expect(await under.store.find(row.id)).toMatchObject(reversed);
      expect(await under.recorded()).toEqual([row.id]);
    });

    it('keeps a settlement of a transfer that the chain dropped before, and took up again', async () => {
      const { row, reservationId } = await stored();
      const droppedAtMs = START_MS - 60_000;
      await under.store.settle(reservationId, settlement, true);
      await under.store.failPayment(reservationId, TRANSFER_DROPPED, droppedAtMs);
      expect(await under.store.find(row.id)).toMatchObject({ state: 'settled', failure: null });
      // The events come one after the other, however late.
      const late = await stored();
      await under.store.settle(late.reservationId, settlement, false, droppedAtMs - 1);
      await under.store.failPayment(late.reservationId, TRANSFER_DROPPED, droppedAtMs);
      expect(await under.store.find(late.row.id)).toMatchObject({ state: 'payment-failed' });
    });

    it('settles once, with one event, and remembers that the answer left', async () => {
      const { row, reservationId } = await stored();
      const state = async () => {
        const answer = await under.store.findByReservation(reservationId);
        return [answer?.state, answer?.handedOut];
      };
      await under.store.settle(reservationId, settlement, false);
      expect(await state()).toEqual(['settled', false]);
      await under.store.settle(reservationId, settlement, true);
      expect(await state()).toEqual(['settled', true]);
      await under.store.settle(reservationId, settlement, false);
      expect(await state()).toEqual(['settled', true]);
      await under.store.failPayment(reservationId, 'late');
      expect(await state()).toEqual(['settled', true]);
      expect(await under.recorded()).toEqual([row.id]);
      await under.store.settle(uuidV7(), settlement, true);
    });

    it('finds what a transaction paid for: a transfer as claimed, an authorisation as settled', async () => {
      const [txHash, settledBy] = [hex(), hex()];
      const { nonce: _, ...transfer } = authorized();
      const pending = await stored({}, { ...transfer, txHash, logIndex: 3 });
      const authorization = await stored();
      const found = async (hash: string, limit = 10) =>
        (await under.store.findByTransaction(hash, limit)).map(({ id }) => id);
      expect(await found(txHash)).toEqual([pending.row.id]);
      expect(await found(settledBy)).toEqual([]);
      const settlement = { success: true, transaction: `0x${settledBy}` };
      await under.store.settle(authorization.reservationId, settlement, true);
      expect(await found(settledBy)).toEqual([authorization.row.id]);
      const other = await stored({ createdAtMs: START_MS + 1 });
      await under.store.settle(other.reservationId, settlement, true);
      expect(await found(settledBy)).toEqual([authorization.row.id, other.row.id]);
      expect(await found(settledBy, 1)).toEqual([authorization.row.id]);
    });

    it('settles what had failed', async () => {
      const { row, reservationId } = await stored();
      await under.store.failPayment(reservationId, 'reverted');
      expect(await under.store.find(row.id)).toMatchObject({ state: 'payment-failed', failure: 'reverted' });
      await under.store.settle(reservationId, settlement, false);
      expect(await under.store.find(row.id)).toMatchObject({ state: 'settled', settlement, failure: null });
    });

    it('names what nobody settled after SETTLE_ASK_AFTER_MS, each once in a pause that grows', async () => {
      const first = await stored();
      const second = await stored({ createdAtMs: START_MS + 1 });
      const settled = await stored();
      await under.store.settle(settled.reservationId, settlement, true);
      const failed = await stored();
      await under.store.failPayment(failed.reservationId, 'over');
      const due = (nowMs: number, limit = 10) => under.store.claimUnsettled(nowMs, limit);
      let nowMs = START_MS + SETTLE_ASK_AFTER_MS;
      expect(await due(nowMs - 1)).toEqual([]);
      expect(await due(nowMs)).toEqual([first.reservationId]);
      expect(await due(nowMs)).toEqual([]);
      nowMs += SETTLE_ASK_AFTER_MS;
      expect(await due(nowMs, 1)).toEqual([second.reservationId]);
      expect(await due(nowMs, 1)).toEqual([first.reservationId]);
      // Very old ones come at the longest pause.
      nowMs = START_MS + 10 * SETTLE_ASK_PAUSE_LAST_MS;
      expect((await due(nowMs)).length).toBe(2);
      expect(await due(nowMs + SETTLE_ASK_PAUSE_LAST_MS - 1)).toEqual([]);
      expect((await due(nowMs + SETTLE_ASK_PAUSE_LAST_MS)).length).toBe(2);
    });
  });
}
