import { describe, expect, it } from '@jest/globals';
import { toHex, type Hex } from 'viem';
import { authorizationTopics, topics, transferOf, type TokenLog } from './authorization-logs.js';

const ASSET = `0x${'83'.repeat(20)}` as Hex;
const payment = {
  network: 'eip155:8453',
  asset: ASSET,
  payer: `0x${'11'.repeat(20)}`,
  nonce: '22'.repeat(32),
  payTo: `0x${'33'.repeat(20)}`,
  amount: 250_000n,
};
const word = (address: string): Hex => `0x${'00'.repeat(12)}${address.slice(2)}`;

let next = 0;
const log = (logTopics: Hex[], data: Hex = '0x', address: Hex = ASSET): TokenLog => ({
  address,
  topics: logTopics as TokenLog['topics'],
  data,
  logIndex: (next += 1),
});
const used = (nonce = payment.nonce, payer = payment.payer, address?: Hex) =>
  log([topics.used, word(payer), `0x${nonce}`], '0x', address);
const transfer = (to = payment.payTo, amount = payment.amount, from = payment.payer, address?: Hex) =>
  log([topics.transfer, word(from), word(to)], toHex(amount, { size: 32 }), address);

describe('the transfer of an authorisation in a receipt', () => {
  it('is the one right after its use', () => {
    const logs = [used(), transfer()];
    expect(transferOf(logs, payment)).toBe(logs[1]?.logIndex);
  });

  it('is found among the transfers of a batch with equal sums', () => {
    const logs = [used('99'.repeat(32)), transfer(), used(), transfer(), used('98'.repeat(32)), transfer()];
    expect(transferOf(logs, payment)).toBe(logs[3]?.logIndex);
  });

  it('is found whatever the case of the token address', () => {
    const upper = ASSET.toUpperCase().replace('0X', '0x') as Hex;
    expect(
      transferOf(
        [used(undefined, undefined, upper), transfer(undefined, undefined, undefined, upper)],
        payment,
      ),
    ).toBeDefined();
  });

  it.each([
    ['no use at all', () => [transfer()]],
    ['a use of another nonce', () => [used('99'.repeat(32)), transfer()]],
    ['a use of another payer', () => [used(undefined, payment.payTo), transfer()]],
    ['a use in another token', () => [used(undefined, undefined, payment.payTo as Hex), transfer()]],
    ['another recipient', () => [used(), transfer(payment.payer)]],
    ['another sum', () => [used(), transfer(undefined, 1n)]],
    ['another sender', () => [used(), transfer(undefined, undefined, payment.payTo)]],
    [
      'a transfer of another token',
      () => [used(), transfer(undefined, undefined, undefined, payment.payTo as Hex)],
    ],
    ['a transfer before the use', () => [transfer(), used()]],
    ['a transfer of the next authorisation', () => [used(), used('99'.repeat(32)), transfer()]],
    ['nothing', () => []],
  ])('is not there with %s', (_what, logs) => {
    expect(transferOf(logs(), payment)).toBeUndefined();
  });

  it('is searched by topics that name both ends of the authorisation', () => {
    expect(authorizationTopics(payment)).toEqual([
      [topics.used, topics.canceled],
      word(payment.payer),
      `0x${payment.nonce}`,
    ]);
    // Circle's FiatToken emits these topics.
    expect(topics.used).toBe('0x98de503528ee59b575ef0c0a2576a82497bfc029a5685b209e9ec333479b10a5');
    expect(topics.canceled).toBe('0x1cdd46ff242716cdaa72d159d339a485b3438398348d68f09d7c8c0a59353d81');
  });
});
