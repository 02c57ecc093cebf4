import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AppError, type RpcResponse } from '@touchstone/contracts';
import { RpcClient } from '@touchstone/nats';
import { testNats, testUser, type TestNats } from '@touchstone/testing';
import { RpcPayments, SETTLE_RETRY_PAUSE_MS } from '../src/adapters/payment-verifier/rpc-payments.js';
import { PaymentVerifierDouble } from './support/payment-verifier-double.js';
import { describePaymentPort, requirements, unsignedPayment } from './support/payment-port.contract.js';
import { serveRpc, type TestConnection } from './support/serve-rpc.js';

let nats: TestNats;
let caller: TestConnection;
let verifier: TestConnection | undefined;
const rpcPayments = () =>
  new RpcPayments(new RpcClient({ nc: caller, caller: testUser('inference-gateway') }));

beforeAll(async () => {
  nats = testNats();
  caller = await nats.connect('inference-gateway');
});

afterAll(async () => {
  await verifier?.close();
  await caller.close();
});

const means = (payments: PaymentVerifierDouble) => ({
  requirements,
  payment: unsignedPayment,
  expireLeases: () => payments.expireLeases(),
  refuseSettlements: (refused: boolean) => {
    payments.nextSettle = refused ? 'unsent' : 'settled';
  },
});

describePaymentPort('the payment-verifier in memory', async () => {
  const port = new PaymentVerifierDouble();
  return { port, ...means(port) };
});

describePaymentPort('the payment-verifier behind its RPCs', async () => {
  await verifier?.close();
  verifier = await nats.connect('payment-verifier');
  const served = new PaymentVerifierDouble().serve(verifier);
  await verifier.flush();
  return { port: rpcPayments(), ...means(served) };
});

describe('RpcPayments', () => {
  type Answer = RpcResponse<'payment-verifier', 'settle'> | AppError | 'silence';
  const paid: Answer = { outcome: 'settled', settlement: { success: true } };
  const unsent: Answer = { outcome: 'unsent', code: 'dependency-unavailable', retryable: true };
  const full = new AppError('queue-full', 'settle already runs enough requests');

  /** Asks for a settlement of a payment-verifier that answers so, the last answer again and again. */
  const settleWith = async (answers: Answer[], inAll = 700) => {
    await verifier?.close();
    verifier = await nats.connect('payment-verifier');
    let asked = 0;
    serveRpc(verifier, 'payment-verifier', 'settle', async () => {
      const answer = answers[Math.min(asked, answers.length - 1)] as Answer;
      asked += 1;
      if (answer === 'silence') return new Promise(() => undefined);
      if (answer instanceof AppError) throw answer;
      return answer;
    });
    await verifier.flush();
    const rpc = new RpcClient({ nc: caller, caller: testUser('inference-gateway') });
    const reservationId = '01234567-89ab-7cde-8f01-23456789abcd';
    const settled = new RpcPayments(rpc, { inAll, attempt: 200 }).settle(reservationId);
    return { settled, asked: () => asked };
  };

  it('asks for a settlement again when the one who was asked is gone', async () => {
    const { settled, asked } = await settleWith(['silence', 'silence', paid]);
    expect(await settled).toMatchObject({ outcome: 'settled' });
    expect(asked()).toBe(3);
  });

  it('gives a settlement up after its time in all', async () => {
    const { settled, asked } = await settleWith(['silence']);
    await expect(settled).rejects.toMatchObject({ code: 'timeout' });
    expect(asked()).toBe(4);
  });

  it.each([
    ['a part that is missing', unsent],
    ['a queue that is full', full],
  ])('asks again after %s', async (_what, answer) => {
    const { settled, asked } = await settleWith([answer, paid], 3 * SETTLE_RETRY_PAUSE_MS);
    expect(await settled).toMatchObject({ outcome: 'settled' });
    expect(asked()).toBe(2);
  });

  it('says in the end that nothing is signed, or that nobody took it up', async () => {
    const missing = await settleWith([unsent], 2.5 * SETTLE_RETRY_PAUSE_MS);
    expect(await missing.settled).toEqual(unsent);
    expect(missing.asked()).toBe(3);
    const refused = await settleWith([full], 2.5 * SETTLE_RETRY_PAUSE_MS);
    await expect(refused.settled).rejects.toMatchObject({ code: 'queue-full' });
    expect(refused.asked()).toBe(3);
  });

  it('asks with pauses whoever says himself that he cannot tell', async () => {
    const lost = new AppError('timeout', 'Nobody can tell whether a transaction was signed.');
    const { settled, asked } = await settleWith([lost], 2.5 * SETTLE_RETRY_PAUSE_MS);
    await expect(settled).rejects.toMatchObject({ code: 'timeout' });
    expect(asked()).toBe(3);
  });

  it('does not ask again for what no waiting helps', async () => {
    const refused: Answer = { outcome: 'unsent', code: 'signing-refused', retryable: false };
    const { settled, asked } = await settleWith([refused, paid], 3 * SETTLE_RETRY_PAUSE_MS);
    expect(await settled).toEqual(refused);
    expect(asked()).toBe(1);
  });

  it('does not take a refusal for the whole truth after a question without an answer', async () => {
    const { settled } = await settleWith(['silence', full], SETTLE_RETRY_PAUSE_MS);
    await expect(settled).rejects.toMatchObject({ code: 'timeout' });
    const known = await settleWith(['silence', unsent], SETTLE_RETRY_PAUSE_MS);
    expect(await known.settled).toEqual(unsent);
  });

  it('says nothing about money when nobody answers', async () => {
    await verifier?.close();
    const sent = {
      x402Version: 2 as const,
      accepted: {},
      payload: { signature: '0x', authorization: {} as never },
    };
    await expect(rpcPayments().authorize(sent, {} as never, 'd'.repeat(64))).rejects.toMatchObject({
      code: 'dependency-unavailable',
      retryAfterSeconds: 2,
      message: 'Payments cannot be verified now. Repeat the same request with the same payment.',
    });
  });
});
