import { describe, expect, it } from '@jest/globals';
import type { Abi, Hex } from 'viem';
import type { RelayedCall } from '../../domain/relayer.js';
import { RECEIPT_UNANSWERED_MAX, SettlementSession, WALLET_TRANSFER_GAS_MAX } from './settlement-session.js';

const HASH = `0x${'ab'.repeat(32)}` as Hex;
const RECEIPT = { blockNumber: 1n, status: 'success' };

/** A session whose node leaves so many questions for a receipt without an answer and estimates so much gas. */
function session(unanswered: number, estimate = 0n) {
  let asked = 0;
  const prepared: RelayedCall[] = [];
  const parts = {
    account: HASH,
    confirmationTimeoutMs: 10_000,
    node: { client: { estimateGas: () => Promise.resolve(estimate) } },
    chain: {
      receiptOf: () =>
        (asked += 1) <= unanswered ? Promise.reject(new Error('away')) : Promise.resolve(RECEIPT),
      isConfirmed: () => true,
      broadcast: () => Promise.resolve(),
    },
    prepare: (call: RelayedCall) => {
      prepared.push(call);
      return Promise.resolve({ hash: HASH, raw: '0x' });
    },
  } as unknown as ConstructorParameters<typeof SettlementSession>[0];
  return { prepared, session: new SettlementSession(parts) };
}

const abi = [
  { type: 'function', name: 'pay', inputs: [], outputs: [], stateMutability: 'nonpayable' },
] as const satisfies Abi;

describe('a settlement session', () => {
  it('waits through RECEIPT_UNANSWERED_MAX − 1 looks without an answer, and no further one', async () => {
    const patient = session(RECEIPT_UNANSWERED_MAX - 1).session;
    expect(await patient.waitForTransactionReceipt({ hash: HASH })).toEqual(RECEIPT);
    const { session: leaving } = session(RECEIPT_UNANSWERED_MAX);
    await expect(leaving.waitForTransactionReceipt({ hash: HASH })).rejects.toThrow('away');
  });

  it('pays WALLET_TRANSFER_GAS_MAX for a wallet, not one unit more', async () => {
    const call = { address: HASH, abi, functionName: 'pay', args: [] };
    // A quarter is added to what the node estimates.
    const largest = (WALLET_TRANSFER_GAS_MAX * 4n) / 5n;
    const paying = session(0, largest);
    await paying.session.writeContract(call);
    expect(paying.prepared).toMatchObject([{ gas: WALLET_TRANSFER_GAS_MAX }]);
    const refusing = session(0, largest + 1n);
    await expect(refusing.session.writeContract(call)).rejects.toThrow('at most 400000 is paid');
    expect(refusing.prepared).toEqual([]);
  });
});
