import { describe, expect, it } from '@jest/globals';
import { chargedStates, errorRegistry, type PaymentReference } from '@touchstone/contracts';
import { transferCodes } from '@touchstone/contracts/transfer';
import type { TransferOutcome } from './payment.js';
import { endOf, stepAfterAuthorize, tellAfterSettle, type AtHand, type SettleResult } from './tell-caller.js';

const END = '2026-01-02T00:00:00.000Z';
const payment = {} as PaymentReference;
const settlement = { success: true, transaction: '0x1' };
const held = { reservationId: 'r', payment };

const waiting = ['TX_NOT_FOUND', 'INSUFFICIENT_CONFIRMATIONS'];

const authorized: TransferOutcome[] = [
  { outcome: 'reserved', ...held },
  ...[true, false].map((guessed) => ({ outcome: 'settled' as const, ...held, settlement, guessed })),
  { outcome: 'in-flight', reservationId: 'r', retryAfterSeconds: 2 },
  { outcome: 'bound-to-other-request' },
  ...chargedStates.map((charged) => ({ outcome: 'invalid' as const, reason: 'why', message: 'so', charged })),
  ...transferCodes.map((code) => ({ outcome: 'refused' as const, code, reason: 'why', message: 'So.' })),
];
const atHand: AtHand[] = [undefined, { handedOut: false }, { handedOut: true }].flatMap((answer) =>
  [true, false].map((model) => ({ answer, model })),
);
const reverted = 'invalid_exact_evm_transaction_failed';
const results: SettleResult[] = [
  { outcome: 'settled', settlement },
  { outcome: 'pending', settlement },
  { outcome: 'pending', settlement: { transaction: '' } },
  { outcome: 'pending', settlement: {} },
  { outcome: 'silence' },
  { outcome: 'not-taken' },
  { outcome: 'unsent', code: 'dependency-unavailable', retryable: true },
  ...chargedStates.flatMap((charged) =>
    [reverted, 'no_money', 'transfer_dropped', undefined].map((errorReason) => ({
      outcome: 'failed' as const,
      settlement: { errorReason },
      charged,
    })),
  ),
];

describe('what is done with a payment that was looked at', () => {
  const cases = authorized.flatMap((outcome) => atHand.map((there) => [outcome, there] as const));

  it.each(cases)('%j with %j has one next step', (outcome, there) => {
    const step = stepAfterAuthorize(outcome, there, END);
    const { answer, model } = there;
    const expected = {
      reserved: answer ? 'settle' : model ? 'run-and-settle' : 'model-not-active',
      settled: answer
        ? outcome.outcome === 'settled' && outcome.guessed && answer.handedOut
          ? 'rate-limited'
          : 'answer'
        : model
          ? 'run-and-answer'
          : 'model-not-active',
      'in-flight': 'payment-in-flight',
      'bound-to-other-request': 'payment-bound-to-other-request',
      invalid:
        outcome.outcome === 'invalid' && outcome.charged === 'unknown'
          ? 'payment-in-flight'
          : 'payment-invalid',
      refused:
        outcome.outcome === 'refused' && waiting.includes(outcome.code)
          ? 'payment-in-flight'
          : 'payment-invalid',
    }[outcome.outcome];
    expect(step.kind === 'refuse' ? step.code : step.kind).toBe(expected);
  });

  it.each(transferCodes)('names %s to the caller of a transfer', (code) => {
    const refused = { outcome: 'refused' as const, code, reason: 'why', message: 'So.' };
    const step = stepAfterAuthorize(refused, { answer: undefined, model: true }, END);
    expect(step).toMatchObject({ kind: 'refuse', legacyCode: code, message: expect.stringContaining(code) });
    const repeats = step.kind === 'refuse' && step.message.includes('do not make another one');
    expect(repeats).toBe(waiting.includes(code));
  });

  it('says that nothing was charged for a payment of which that is known, and for no other', () => {
    for (const [outcome, there] of cases) {
      const step = stepAfterAuthorize(outcome, there, END);
      const says = step.kind === 'refuse' && /nothing was charged/i.test(step.message);
      expect(says).toBe(outcome.outcome === 'invalid' && outcome.charged === 'no');
    }
  });
});

describe('what is told after a settlement was asked for', () => {
  it.each(results)('%j is told once', (result) => {
    const told = tellAfterSettle(result, END);
    const expected =
      result.outcome === 'settled'
        ? 'answer'
        : result.outcome === 'unsent' || result.outcome === 'not-taken'
          ? 503
          : result.outcome === 'failed' && result.charged !== 'unknown'
            ? 402
            : 202;
    const status =
      told.kind === 'refuse' ? errorRegistry[told.code].status : told.kind === 'wait' ? 202 : 'answer';
    expect(status).toBe(expected);
    const message = told.kind === 'answer' ? '' : told.message;
    expect(/nothing was charged/i.test(message)).toBe(result.outcome === 'failed' && result.charged === 'no');
    expect(message.includes('nothing was sent')).toBe(result.outcome === 'unsent');
    // Whoever may still be charged is told to keep his payment.
    expect(message.includes('do not sign another one')).toBe(expected === 202 || expected === 503);
    expect(message).not.toContain('was sent and');
  });

  it('names the end of the authorisation where somebody may still send it', () => {
    for (const errorReason of [reverted, 'no_money'])
      expect(
        tellAfterSettle({ outcome: 'failed', settlement: { errorReason }, charged: 'unknown' }, END),
      ).toMatchObject({ message: expect.stringContaining(END) });
  });

  it('reads an end that no date can name', () => {
    expect(endOf('1767312000')).toBe(END);
    expect(endOf((2n ** 256n - 1n).toString())).toBe('the end of time');
  });
});
