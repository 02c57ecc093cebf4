import { randomBytes } from 'node:crypto';
import type { Payment } from '../../src/domain/payment.js';

const hex = (bytes: number): string => randomBytes(bytes).toString('hex');

/** A payment as it is after reading; nobody signed it. */
export function samplePayment(change: Partial<Payment> = {}): Payment {
  const requirements = {
    scheme: 'exact',
    network: 'eip155:84532' as const,
    amount: '250000',
    asset: `0x${'83'.repeat(20)}`,
    payTo: `0x${'aa'.repeat(20)}`,
    maxTimeoutSeconds: 120,
    extra: { name: 'USDC', version: '2' },
  };
  return {
    network: requirements.network,
    asset: requirements.asset,
    payer: `0x${hex(20)}`,
    nonce: hex(32),
    payTo: requirements.payTo,
    amount: 250_000n,
    validAfter: 0n,
    validBefore: 2_000_000_000n,
    signature: `0x${'11'.repeat(65)}`,
    authorizationDigest: hex(32),
    payload: { x402Version: 2, accepted: requirements, payload: {} } as unknown as Payment['payload'],
    requirements,
    ...change,
  };
}
