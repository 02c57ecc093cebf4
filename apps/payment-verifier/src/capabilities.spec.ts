import { describe, expect, it } from '@jest/globals';
import { capabilitiesOf } from './capabilities.js';

describe('the capabilities of a payment-verifier', () => {
  it('are the token that it takes, and its network', () => {
    const asset = `0x${'aa'.repeat(20)}`;
    expect(
      capabilitiesOf({ TOUCHSTONE_PAYMENT_NETWORK: 'eip155:8453', TOUCHSTONE_PAYMENT_ASSET: asset }),
    ).toEqual([`x402:eip155:8453:${asset}`]);
  });
});
