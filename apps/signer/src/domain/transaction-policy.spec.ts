import { describe, expect, it } from '@jest/globals';
import { checkTransaction, type PolicyTransaction, type TransactionPolicy } from './transaction-policy.js';

const policy: TransactionPolicy = {
  chainId: 8453,
  to: `0x${'11'.repeat(20)}`,
  selectors: ['0xaabbccdd'],
  gasMax: 100n,
  feePerGasMax: 1_000n,
  caller: 'anchor-worker',
};
const allowed: PolicyTransaction = {
  chainId: 8453,
  to: policy.to,
  value: 0n,
  data: '0xaabbccdd00',
  gas: 100n,
  maxFeePerGas: 1_000n,
};

describe('checkTransaction', () => {
  it('lets the one call through at the limits', () => {
    expect(() => checkTransaction(allowed, policy, 'anchor-worker')).not.toThrow();
  });

  it.each([
    ['another chain', { chainId: 1 }],
    ['another contract', { to: `0x${'22'.repeat(20)}` }],
    ['value', { value: 1n }],
    ['another function', { data: '0xaabbccde00' }],
    ['a cut selector', { data: '0xaabbcc' }],
    ['no data', { data: '0x' }],
    ['gas above the limit', { gas: 101n }],
    ['a fee above the limit', { maxFeePerGas: 1_001n }],
  ])('refuses %s', (_name, change) => {
    expect(() => checkTransaction({ ...allowed, ...change }, policy, 'anchor-worker')).toThrow(/not signed/);
  });

  it('refuses another caller', () => {
    expect(() => checkTransaction(allowed, policy, 'payment-verifier')).toThrow(/may not use this key/);
  });
});
