import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { uuidV7 } from '@touchstone/postgres';
import { transferNonce, type TransferPayment } from '../../src/domain/direct-transfer.js';
import type { ReservationStore, TransferStore } from '../../src/domain/ports.js';
import { reasons } from '../../src/domain/reasons.js';
import type { Reservation } from '../../src/domain/reservation.js';

const NETWORK = 'eip155:84532';
const ASSET = `0x${'83'.repeat(20)}`;
const START_MS = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const hex = (bytes: number): string => randomBytes(bytes).toString('hex');
const undone = { success: false, transaction: '', network: NETWORK };

/** A transfer as it is reserved. */
function transferPayment(transaction: string, position: number, block: bigint): TransferPayment {
  return {
    ...{ network: NETWORK, asset: ASSET, payer: `0x${hex(20)}`, payTo: `0x${'aa'.repeat(20)}` },
    ...{ amount: 10_000n, validBefore: 2_000_000_000n, authorizationDigest: hex(32) },
    nonce: transferNonce(transaction, position),
    transfer: {
      ...{ transaction, logIndex: position + 3, position, isPayerProven: true },
      block: { number: block, hash: `0x${hex(32)}` },
    },
  };
}

/** What every store of direct transfers has to keep, beside the reservations that they are. */
export function describeTransferStore(
  name: string,
  open: () => { readonly transfers: TransferStore; readonly reservations: ReservationStore },
): void {
  const reserved = async (payment: TransferPayment, nowMs = START_MS): Promise<Reservation> => {
    const draft = { id: uuidV7(), payment, requestDigest: hex(32), leaseUntilMs: nowMs + 60_000, nowMs };
    const claim = await open().reservations.claim(
      { ...draft, verified: true, fromBlock: payment.transfer.block.number },
      () => ({ kind: 'take' }),
    );
    return claim.reservation;
  };
  const settled = async (block: bigint, nowMs = START_MS): Promise<string> => {
    const transaction = `0x${hex(32)}`;
    const { id } = await reserved(transferPayment(transaction, 0, block), nowMs);
    await open().reservations.owe(id, nowMs, nowMs);
    await open().reservations.settle(id, { transaction, logIndex: 3 }, { success: true, transaction }, nowMs);
    return id;
  };
  const idsUpTo = async (final: bigint, limit = 10): Promise<string[]> =>
    (await open().transfers.unfinished(final, limit)).map(({ id }) => id);

  describe(`${name} as a store of transfers`, () => {
    it('finds all of one transaction in their order, and none of another token', async () => {
      const transaction = `0x${hex(32)}`;
      const second = await reserved(transferPayment(transaction, 1, 7n));
      const first = await reserved(transferPayment(transaction, 0, 7n));
      await settled(7n);
      const found = await open().transfers.ofTransaction(NETWORK, ASSET, transaction);
      expect(found.map(({ id }) => id)).toEqual([first.id, second.id]);
      expect(found[0]?.transfer).toEqual(first.transfer);
      expect(await open().transfers.ofTransaction(NETWORK, `0x${'84'.repeat(20)}`, transaction)).toEqual([]);
      expect(await open().transfers.hasUnfinished()).toBe(true);
    });

    it('follows settled ones up to a final block, the longest not looked at first', async () => {
      expect([await open().transfers.hasUnfinished(), await idsUpTo(9n)]).toEqual([false, []]);
      await reserved(transferPayment(`0x${hex(32)}`, 0, 7n));
      const late = await settled(8n, START_MS + 1);
      const early = await settled(7n, START_MS);
      expect(await idsUpTo(7n)).toEqual([early]);
      expect(await idsUpTo(8n)).toEqual([early, late]);
      expect(await idsUpTo(8n, 1)).toEqual([early]);
      await open().transfers.postpone(early, START_MS + 2);
      expect(await idsUpTo(8n)).toEqual([late, early]);
    });

    it('places one in another block, and lets it be once it is final', async () => {
      const id = await settled(7n);
      const block = { number: 9n, hash: `0x${hex(32)}` };
      await open().transfers.place(id, block, false, START_MS + 1);
      expect(await idsUpTo(8n)).toEqual([]);
      expect((await open().reservations.find(id))?.transfer?.block).toEqual(block);
      await open().transfers.place(id, block, true, START_MS + 2);
      expect([await open().transfers.hasUnfinished(), await idsUpTo(9n)]).toEqual([false, []]);
      expect(await open().transfers.reverse(id, reasons.transferDropped, undone, START_MS + 3)).toBe(false);
      expect((await open().reservations.find(id))?.state).toBe('settled');
    });

    it('reverses one once, and a block may take it up again', async () => {
      const id = await settled(7n);
      const reverse = () => open().transfers.reverse(id, reasons.transferDropped, undone, START_MS + 1);
      expect([await reverse(), await reverse()]).toEqual([true, false]);
      const { reservations, transfers } = open();
      const failed = await reservations.find(id);
      expect(failed).toMatchObject({ state: 'failed', reason: reasons.transferDropped, settlement: undone });
      expect(await transfers.hasUnfinished()).toBe(false);
      const transaction = failed?.transfer?.transaction ?? '';
      await reservations.settle(
        id,
        { transaction, logIndex: 3 },
        { success: true, transaction },
        START_MS + 2,
      );
      expect(await idsUpTo(7n)).toEqual([id]);
    });

    it('leaves what is not settled as it is', async () => {
      const { id } = await reserved(transferPayment(`0x${hex(32)}`, 0, 7n));
      const before = await open().reservations.find(id);
      const block = { number: 9n, hash: `0x${hex(32)}` };
      await open().transfers.place(id, block, true, START_MS + 1);
      await open().transfers.postpone(id, START_MS + 1);
      expect(await open().transfers.reverse(id, reasons.transferDropped, undone, START_MS + 1)).toBe(false);
      expect(await open().reservations.find(id)).toEqual(before);
    });
  });
}
