import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RpcClient } from '@touchstone/nats';
import { testNats, type TestNats } from '@touchstone/testing';
import { RpcPayments } from '../src/adapters/payment-verifier/rpc-payments.js';
import { FakePayments } from './fake-payments.js';
import { describePaymentPort } from './payment-port-contract.js';
import type { TestConnection } from './serve-rpc.js';

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
