import { describe, expect, it } from '@jest/globals';
import { decodePaymentResponseHeader } from '@x402/core/http';
import { PaymentChallenge } from '../domain/payment/payment-challenge.js';
import { requirementsFor } from '../domain/payment/payment.js';
import { v1Members, v1PaymentResponseHeader } from './x402-v1.js';

const challengeOn = (network: `${string}:${string}`) =>
  new PaymentChallenge('payment-required', 'Pay.', {
    requirements: requirementsFor(10_000n, {
      network,
      asset: `0x${'8a'.repeat(20)}`,
      assetName: 'USDC',
      assetVersion: '2',
      payTo: `0x${'22'.repeat(20)}`,
    }),
    resource: { url: 'http://127.0.0.1/x', description: 'x' },
    reason: 'because',
  });

describe('what a client of version 1 is told', () => {
  it.each([
    ['eip155:8453', 'base'],
    ['eip155:84532', 'base-sepolia'],
  ] as const)('on %s is an offer on %s', (network, name) => {
    expect(v1Members(challengeOn(network))).toMatchObject({
      x402Version: 1,
      error: 'because',
      accepts: [{ network: name, maxAmountRequired: '10000' }],
    });
  });

  it('is nothing on a network that version 1 has no name for', () => {
    expect(v1Members(challengeOn('eip155:31337'))).toBeUndefined();
  });

  it('of a settlement has the name of its network', () => {
    const told = (network: string) =>
      decodePaymentResponseHeader(v1PaymentResponseHeader({ success: true, transaction: '0x1', network }));
    expect(told('eip155:84532')).toEqual({ success: true, transaction: '0x1', network: 'base-sepolia' });
    expect(told('eip155:31337').network).toBe('eip155:31337');
  });
});
