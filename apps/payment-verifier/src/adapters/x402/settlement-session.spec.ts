import { describe, expect, it } from '@jest/globals';
import type { Abi, Hex } from 'viem';
import type { Call, LaneTransaction } from '@touchstone/evm';
import { TokenCode } from '../evm/token-code.js';
import {
  RECEIPT_POLL_FIRST_MS,
  RECEIPT_UNANSWERED_MAX,
  SettlementSession,
  WALLET_TRANSFER_GAS_MAX,
} from './settlement-session.js';

const HASH = `0x${'ab'.repeat(32)}` as Hex;
const TRANSACTION = { attempts: [{ hash: HASH, raw: '0x' }] } as unknown as LaneTransaction;
const RECEIPT = { blockNumber: 1n, status: 'success' };

/** A session whose node leaves so many questions for a receipt without an answer and estimates so much gas. */
function session(unanswered: number, estimate = 0n) {
  let asked = 0;
  const prepared: Call[] = [];
  const looks: string[] = [];
  const parts = {
    account: HASH,
    tokenCode: new TokenCode('0xtoken'),
    confirmationTimeoutMs: 10_000,
    node: {
      client: {
        estimateGas: () => Promise.resolve(estimate),
        getCode: ({ address }: { address: string }) => {
          looks.push(`code of ${address}`);
          return Promise.resolve('0x');
        },
      },
    },
    chain: {
      receiptOf: () => {
        looks.push('receipt');
        return (asked += 1) <= unanswered ? Promise.reject(new Error('away')) : Promise.resolve(RECEIPT);
      },
      isConfirmed: () => true,
    },
    relay: {
      prepare: (call: Call) => {
        prepared.push(call);
        return Promise.resolve(TRANSACTION);
      },
      send: () => {
        looks.push('broadcast');
        return Promise.resolve();
      },
      stored: () => Promise.resolve(TRANSACTION),
    },
  } as unknown as ConstructorParameters<typeof SettlementSession>[0];
  return { prepared, looks, session: new SettlementSession(parts) };
}

const abi = [
  { type: 'function', name: 'pay', inputs: [], outputs: [], stateMutability: 'nonpayable' },
] as const satisfies Abi;

describe('a settlement session', () => {
  it('waits through RECEIPT_UNANSWERED_MAX − 1 looks without an answer, and no further one', async () => {
    const patient = session(RECEIPT_UNANSWERED_MAX - 1).session;
    patient.transaction = TRANSACTION;
    expect(await patient.waitForTransactionReceipt()).toEqual(RECEIPT);
    const { session: leaving } = session(RECEIPT_UNANSWERED_MAX);
    leaving.transaction = TRANSACTION;
    await expect(leaving.waitForTransactionReceipt()).rejects.toThrow('away');
  });

  it('asks for the code of an account once, and of another one again', async () => {
    const { session: asking, looks } = session(0);
    await Promise.all([asking.getCode({ address: HASH }), asking.getCode({ address: HASH })]);
    await asking.getCode({ address: '0xb' });
    expect(looks).toEqual([`code of ${HASH}`, 'code of 0xb']);
  });

  it('looks at once for the receipt of what was sent before, and after a pause for what was sent just now', async () => {
    const before = session(0);
    before.session.transaction = TRANSACTION;
    const now = session(0);
    await now.session.writeContract({ address: HASH, abi, functionName: 'pay', args: [] });
    expect(now.looks).toEqual(['broadcast']);
    const startedMs = performance.now();
    const waiting = [now, before].map((one) => one.session.waitForTransactionReceipt());
    // No timer fired so far, however slow the machine is.
    expect([now.looks, before.looks]).toEqual([['broadcast'], ['receipt']]);
    await waiting[0];
    // A timer may fire up to a millisecond early.
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(RECEIPT_POLL_FIRST_MS - 1);
    await waiting[1];
    expect(now.looks).toEqual(['broadcast', 'receipt']);
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
