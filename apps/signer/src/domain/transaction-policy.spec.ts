import { describe, expect, it } from '@jest/globals';
import { checkTransaction, type PolicyTransaction, type TransactionPolicy } from './transaction-policy.js';

const base = { chainId: 8453, to: `0x${'11'.repeat(20)}` };
const optimism = { chainId: 10, to: `0x${'22'.repeat(20)}` };
const policy: TransactionPolicy = {
  calls: [base, optimism],
  selectors: ['0xaabbccdd'],
  gasMax: 100n,
  feePerGasMax: 1_000n,
  caller: 'anchor-worker',
};
const allowed: PolicyTransaction = {
  ...base,
  value: 0n,
  data: '0xaabbccdd00',
  gas: 100n,
  maxFeePerGas: 1_000n,
};

describe('checkTransaction', () => {
  it.each([base, optimism])('lets a listed call through at the limits: %j', (call) => {
    expect(() => checkTransaction({ ...allowed, ...call }, policy, 'anchor-worker')).not.toThrow();
  });

  it.each([
    ['a chain that is not listed', { chainId: 1 }],
    ['a contract that is not listed', { to: `0x${'33'.repeat(20)}` }],
    ['the contract of another chain', { to: optimism.to }],
    ['a contract on the chain of another', { chainId: optimism.chainId }],
    ['value', { value: 1n }],
    ['another function', { data: '0xaabbccde00' }],
    ['a cut selector', { data: '0xaabbcc' }],
    ['no data', { data: '0x' }],
    ['gas above the limit', { gas: 101n }],
    ['a fee above the limit', { maxFeePerGas: 1_001n }],
  ])('refuses %s', (_name, change) => {
    expect(() => checkTransaction({ ...allowed, ...change }, policy, 'anchor-worker')).toThrow(/not signed/);
  });

  it('refuses every call when none is listed', () => {
    expect(() => checkTransaction(allowed, { ...policy, calls: [] }, 'anchor-worker')).toThrow(/not signed/);
  });

  it('refuses another caller', () => {
    expect(() => checkTransaction(allowed, policy, 'payment-verifier')).toThrow(/may not use this key/);
  });
});
