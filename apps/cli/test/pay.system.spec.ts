import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { developmentNetwork, developmentToken } from '@touchstone/embedded';
import { decodePaymentSignatureHeader, encodePaymentRequiredHeader } from '@x402/core/http';
import type { PaymentRequired, PaymentRequirements } from '@x402/core/types';
import { PAYMENT_ATOMIC_MAX } from '../src/stack/price.js';
import { paperStack, type PaperStack } from './support/paper-stack.js';
import { touchstone, type Ended } from './support/touchstone.js';

const payTo = `0x${'7a'.repeat(20)}` as const;
const stranger = `0x${'bad0'.repeat(10)}` as const;
const offer: PaymentRequirements = {
  scheme: 'exact',
  network: developmentNetwork,
  asset: developmentToken.address,
  amount: '10000',
  payTo,
  maxTimeoutSeconds: 120,
  extra: { name: developmentToken.name, version: developmentToken.version },
};
const other = { ...offer, scheme: 'other', amount: '1' };
const expensive = { ...offer, amount: '1000000', payTo: stranger };
/** The headers of a 402 as `curl -D` writes them. */
const headersOf = (accepts: unknown, change: object = {}): string => {
  const challenge = { x402Version: 2, resource: { url: 'http://127.0.0.1/' }, accepts, ...change };
  const value = encodePaymentRequiredHeader(challenge as PaymentRequired);
  return `HTTP/1.1 402 Payment Required\r\npayment-required: ${value}\r\n\r\n`;
};

let stack: PaperStack;
beforeAll(() => {
  stack = paperStack();
});
afterAll(() => stack.remove());

const pay = (stdin: string, ...args: string[]): Promise<Ended> =>
  touchstone(['pay', '-', ...args, '--state', stack.folder], { stdin });
/** What a printed header pays. */
const signed = ({ stdout }: Ended) => {
  const [, value = ''] = /^PAYMENT-SIGNATURE: (\S+)\n$/.exec(stdout) ?? [];
  const { accepted, payload } = decodePaymentSignatureHeader(value);
  return { accepted, ...(payload as { authorization: Record<string, string> }) };
};

describe('touchstone pay', () => {
  it('prints the header that pays an offer, and says what was signed and for how long', async () => {
    const ended = await pay(headersOf([offer]));
    expect(ended).toMatchObject({
      status: 0,
      stderr: `Signed 0.010000 USDC to ${payTo} on ${developmentNetwork}, valid for 120 s; nothing is sent yet.\n`,
    });
    const { accepted, authorization } = signed(ended);
    expect(accepted).toEqual(offer);
    expect(authorization).toMatchObject({ from: stack.payer.address, value: '10000' });
    expect(authorization['to']?.toLowerCase()).toBe(payTo);
  });

  it('prints the same as JSON', async () => {
    const { status, stdout, stderr } = await pay(headersOf([offer]), '--json');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const { value, validBefore, ...rest } = JSON.parse(stdout) as Record<string, string>;
    const { asset, network } = offer;
    expect(rest).toEqual({ header: 'PAYMENT-SIGNATURE', amount: '10000', asset, network, payTo });
    const { authorization } = signed({ status: 0, stderr: '', stdout: `PAYMENT-SIGNATURE: ${value}\n` });
    expect(new Date(validBefore ?? '').getTime()).toBe(Number(authorization['validBefore']) * 1_000);
  });

  it.each([
    ['before', [other, expensive]],
    ['behind', [expensive, other]],
  ])('does not sign an expensive offer for a cheap one of another scheme %s it', async (_name, accepts) => {
    expect(await pay(headersOf(accepts), '--max', '0.01')).toEqual({
      status: 2,
      stdout: '',
      stderr:
        'touchstone: The challenge asks for 1.000000 USDC, more than 0.010000 USDC; allow it with --max.\n',
    });
  });

  it('signs up to 1 USDC, and above it when that is allowed', async () => {
    const most = { ...offer, amount: PAYMENT_ATOMIC_MAX.toString() };
    expect(signed(await pay(headersOf([most]))).accepted).toEqual(most);
    const more = { ...offer, amount: (PAYMENT_ATOMIC_MAX + 1n).toString() };
    expect(await pay(headersOf([more]))).toMatchObject({
      status: 2,
      stderr:
        'touchstone: The challenge asks for 1.000001 USDC, more than 1.000000 USDC; allow it with --max.\n',
    });
    const five = { ...offer, amount: '5000000' };
    for (const challenge of [more, five]) {
      const ended = await pay(headersOf([challenge]), '--max', '5');
      expect(signed(ended).authorization).toMatchObject({ value: challenge.amount });
    }
    const above = await pay(headersOf([{ ...offer, amount: '5000001' }]), '--max', '5');
    expect(above).toMatchObject({ status: 2, stdout: '' });
  });

  it.each([
    ['no headers', 'hello', [], 'Expected the headers of a 402 answer'],
    ['an empty file', '', [], 'Expected the headers of a 402 answer'],
    ['a challenge without offers', headersOf(undefined), [], 'Expected a challenge of x402 version 2'],
    ['an empty list', headersOf([]), [], 'asks for nothing that the development payer can pay'],
    [
      'an older version',
      headersOf([offer], { x402Version: 1 }),
      [],
      'Expected a challenge of x402 version 2',
    ],
    ['a limit that is none', headersOf([offer]), ['--max', 'all'], 'A price is a number of USDC'],
  ])('ends with 2 and one sentence for %s', async (_name, stdin, args, complaint) => {
    const { status, stdout, stderr } = await pay(stdin, ...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^touchstone: [^\n]+\n$/);
    expect(stderr).toContain(complaint);
  });

  it('ends with 4 when there is no such file, and with 5 when no stack runs', async () => {
    expect(await touchstone(['pay', '/nowhere/headers', '--state', stack.folder])).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('Cannot read /nowhere/headers'),
    });
    expect(
      await touchstone(['pay', '-', '--state', '/nowhere'], { stdin: headersOf([offer]) }),
    ).toMatchObject({
      status: 5,
      stderr: expect.stringContaining('touchstone up --state /nowhere'),
    });
  });
});
