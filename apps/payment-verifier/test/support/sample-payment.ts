import { randomBytes } from 'node:crypto';
import type { Payment } from '../../src/domain/payment.js';
import { readPayment } from '../../src/domain/read-payment.js';

const hex = (bytes: number): string => randomBytes(bytes).toString('hex');

/** A payment as it is after reading, with a nonce and a payer of its own; nobody signed it. */
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
  const { amount = 250_000n, validBefore = 2_000_000_000n, nonce = hex(32), payer = `0x${hex(20)}` } = change;
  const authorization = {
    from: payer,
    to: requirements.payTo,
    value: amount.toString(),
    validAfter: '0',
    validBefore: validBefore.toString(),
    nonce: `0x${nonce}`,
  };
  const payload = {
    x402Version: 2,
    accepted: requirements,
    payload: { signature: `0x${'11'.repeat(65)}`, authorization },
  };
  const read = readPayment({ network: 'eip155:84532', asset: requirements.asset, recipients: [] }, payload, {
    ...requirements,
    amount: amount.toString(),
  });
  if (!read.ok) throw new Error(read.message);
  return { ...read.payment, ...change };
}
