import { describe, expect, it } from '@jest/globals';
import { findingsOf } from '../findings.js';
import { ANCHOR_CONTRACTS_MAX, anchorContracts } from './evm.js';

const contract = `0x${'ab'.repeat(20)}`;
const faultOf = (value: unknown): string => {
  const parsed = anchorContracts.safeParse(value);
  return parsed.success
    ? ''
    : findingsOf(parsed.error)
        .map((each) => Object.values(each).join(' '))
        .join();
};

describe('the contracts of anchors', () => {
  const many = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`eip155:${index + 1}`, contract]));

  it('are one to as many as the limit', () => {
    expect(faultOf(many(1))).toBe('');
    expect(faultOf(many(ANCHOR_CONTRACTS_MAX))).toBe('');
    expect(faultOf(many(ANCHOR_CONTRACTS_MAX + 1))).toContain(`1 to ${ANCHOR_CONTRACTS_MAX} chains`);
    expect(faultOf({})).toContain(`1 to ${ANCHOR_CONTRACTS_MAX} chains`);
  });

  it.each([
    [{ base: contract }, '/base expected eip155:<chain id>'],
    [{ 'eip155:08453': contract }, '/eip155:08453 expected eip155:<chain id>'],
    [{ 'tsa:x': contract }, '/tsa:x expected eip155:<chain id>'],
    [{ 'eip155:1': contract.toUpperCase() }, '/eip155:1 expected 0x and 40 lower-case hex characters'],
    [[contract], 'expected record'],
    [contract, 'expected record'],
  ])('refuse %j', (value, fault) => {
    expect(faultOf(value)).toContain(fault);
  });
});
