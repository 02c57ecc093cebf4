import { describe, expect, it } from '@jest/globals';
import type { PresentedTransfer } from '@touchstone/contracts/transfer';
import { judgeTransfer, nonceOf, type SeenTransaction, type TokenTransfer } from './judge-transfer.js';

const PAYER = `0x${'11'.repeat(20)}`;
const SHOP = `0x${'22'.repeat(20)}`;
const asked = { network: 'eip155:8453', asset: `0x${'83'.repeat(20)}`, payTo: SHOP, amount: '100' };
const limits = { confirmations: 3, maxAgeSeconds: 3_600 };
const NOW = 10_000n;

const transfer = (change: Partial<TokenTransfer> = {}): TokenTransfer => ({
  ...{ from: PAYER, to: SHOP, amount: 100n, logIndex: 7, position: 2, nonce: null },
  ...change,
});
const seen = (change: Partial<SeenTransaction> = {}): SeenTransaction => ({
  block: { number: 5n, hash: `0x${'55'.repeat(32)}` },
  timestamp: NOW,
  confirmations: 3n,
  succeeded: true,
  transfers: [transfer()],
  ...change,
});
const claimed = (logIndex = 7): PresentedTransfer => ({
  claim: {
    ...{ txHash: 'aa'.repeat(32), logIndex, payer: PAYER, payTo: SHOP, requestDigest: 'bb'.repeat(32) },
    deadline: 20_000,
  },
  signature: `0x${'00'.repeat(65)}`,
});
const bare: PresentedTransfer = { txHash: 'aa'.repeat(32) };
const codeOf = (what: SeenTransaction | undefined, presented = claimed()) => {
  const verdict = judgeTransfer(what, presented, asked, limits, NOW);
  return verdict.ok ? 'ok' : verdict.refusal.code;
};

describe('what a transaction did', () => {
  it('pays when the transfer fits', () => {
    expect(codeOf(seen())).toBe('ok');
    expect(codeOf(seen(), bare)).toBe('ok');
  });

  it('pays up to the limit of its age, and a second later no more', () => {
    expect(codeOf(seen({ timestamp: NOW - 3_600n }))).toBe('ok');
    expect(codeOf(seen({ timestamp: NOW - 3_601n }))).toBe('VERIFICATION_ERROR');
    // A chain whose clock goes ahead is not older than now.
    expect(codeOf(seen({ timestamp: NOW + 60n }))).toBe('ok');
  });

  it('pays from its confirmations on', () => {
    expect(codeOf(seen({ confirmations: 2n }))).toBe('INSUFFICIENT_CONFIRMATIONS');
  });

  it('pays nothing that can never be enough, however shallow it is', () => {
    const shallow = (transfers: TokenTransfer[]) => codeOf(seen({ confirmations: 1n, transfers }));
    expect(shallow([transfer({ amount: 99n })])).toBe('INSUFFICIENT_AMOUNT');
    expect(shallow([transfer({ to: PAYER })])).toBe('WRONG_RECIPIENT');
    expect(shallow([])).toBe('NO_TRANSFER_EVENT');
    expect(codeOf(seen({ succeeded: false, confirmations: 1n }))).toBe('TX_FAILED');
    expect(codeOf(undefined)).toBe('TX_NOT_FOUND');
  });

  it('is looked through for every transfer', () => {
    const transfers = [
      transfer({ to: PAYER, logIndex: 1, position: 0 }),
      transfer({ amount: 99n, logIndex: 3, position: 1 }),
      transfer({ logIndex: 7, position: 2 }),
      transfer({ from: SHOP, logIndex: 8, position: 3 }),
    ];
    const places = (presented: PresentedTransfer) => {
      const verdict = judgeTransfer(seen({ transfers }), presented, asked, limits, NOW);
      return verdict.ok ? verdict.candidates.map(({ logIndex }) => logIndex) : verdict.refusal.code;
    };
    expect(places(bare)).toEqual([7, 8]);
    expect(places(claimed(7))).toEqual([7]);
    expect(places(claimed(1))).toBe('WRONG_RECIPIENT');
    expect(places(claimed(3))).toBe('INSUFFICIENT_AMOUNT');
    expect(places(claimed(2))).toBe('NO_TRANSFER_EVENT');
    expect(places(claimed(8))).toBe('VERIFICATION_ERROR');
  });
});

describe('the key of a transfer', () => {
  it('is the nonce of its authorisation, or made of transaction and place', () => {
    const transaction = `0x${'cc'.repeat(32)}`;
    expect(nonceOf(transfer({ nonce: 'dd'.repeat(32) }), transaction)).toBe('dd'.repeat(32));
    const keys = [
      nonceOf(transfer({ position: 0 }), transaction),
      nonceOf(transfer({ position: 1 }), transaction),
      nonceOf(transfer({ position: 0 }), `0x${'ce'.repeat(32)}`),
    ];
    expect(new Set(keys).size).toBe(3);
    // The index in the block changes when another block takes the transaction up.
    expect(nonceOf(transfer({ position: 0, logIndex: 99 }), transaction)).toBe(keys[0]);
  });
});
