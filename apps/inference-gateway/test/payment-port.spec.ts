import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RpcClient } from '@touchstone/nats';
import { testNats, type TestNats } from '@touchstone/testing';
import { RpcPayments } from '../src/adapters/payment-verifier/rpc-payments.js';
import { FakePayments } from './fake-payments.js';
import { describePaymentPort, payment, requirements } from './payment-port-contract.js';
import { serveRpc, type TestConnection } from './serve-rpc.js';

let nats: TestNats;
let caller: TestConnection;
let verifier: TestConnection | undefined;
const rpcPayments = () => new RpcPayments(new RpcClient({ nc: caller, caller: 'inference-gateway' }));

beforeAll(async () => {
  nats = testNats();
  caller = await nats.connect('inference-gateway');
});

afterAll(async () => {
  await verifier?.close();
  await caller.close();
});

describePaymentPort('the payment-verifier in memory', async () => {
  const port = new FakePayments();
  return { port, expireLeases: () => port.expireLeases() };
});

describePaymentPort('the payment-verifier behind its RPCs', async () => {
  await verifier?.close();
  verifier = await nats.connect('payment-verifier');
  const served = new FakePayments().serve(verifier);
  await verifier.flush();
  return { port: rpcPayments(), expireLeases: () => served.expireLeases() };
});

describe('RpcPayments', () => {
  /** Asks for a settlement of a payment-verifier that forgets the first `lost` questions. */
  const settleAfter = async (lost: number) => {
    await verifier?.close();
    verifier = await nats.connect('payment-verifier');
    let asked = 0;
    serveRpc(verifier, 'payment-verifier', 'settle', () => {
      asked += 1;
      if (asked <= lost) return new Promise(() => undefined);
      return Promise.resolve({ outcome: 'settled', settlement: { success: true } });
    });
    await verifier.flush();
    const rpc = new RpcClient({ nc: caller, caller: 'inference-gateway' });
    const settled = new RpcPayments(rpc, { inAll: 700, attempt: 200 }).settle(
      '01234567-89ab-7cde-8f01-23456789abcd',
      payment(),
      requirements,
    );
    return { settled, asked: () => asked };
  };

  it('asks for a settlement again when the one who was asked is gone', async () => {
    const { settled, asked } = await settleAfter(2);
    expect(await settled).toMatchObject({ outcome: 'settled' });
    expect(asked()).toBe(3);
  });

  it('gives a settlement up after its time in all', async () => {
    const { settled, asked } = await settleAfter(Infinity);
    await expect(settled).rejects.toMatchObject({ code: 'timeout' });
    expect(asked()).toBe(4);
  });

  it('says that nothing was charged when nobody answers', async () => {
    await verifier?.close();
    const sent = {
      x402Version: 2 as const,
      accepted: {},
      payload: { signature: '0x', authorization: {} as never },
    };
    await expect(rpcPayments().authorize(sent, {} as never, 'd'.repeat(64))).rejects.toMatchObject({
      code: 'dependency-unavailable',
      retryAfterSeconds: 2,
    });
  });
});
