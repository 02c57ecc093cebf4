import type { PaymentRequired } from '@x402/core/types';
import { decodePaymentRequiredHeader, encodePaymentSignatureHeader } from '@x402/core/http';
import { GrpcTestClient, type GrpcRefusal } from '@touchstone/testing/grpc';
import type { Gateway, GatewayFixture } from './gateway-fixture.js';
import { digitValues } from './paid-requests.js';
import { PayingClient } from './paying-client.js';

export const INFERENCE_SERVICE = 'touchstone.inference.v1.InferenceService';

/** The message of a request that the model `digits` takes. */
export const digitsMessage = {
  modelId: 'digits',
  inputs: [{ name: 'pixels', datatype: 'FP32', shape: [1, 64], contents: { fp32Contents: digitValues } }],
};

export const connect = ({ ports }: Gateway): GrpcTestClient =>
  GrpcTestClient.connect(`127.0.0.1:${ports.grpc}`, INFERENCE_SERVICE);

/** What a refusal asks to be paid. */
export function challengeOf({ trailers }: GrpcRefusal): PaymentRequired {
  return decodePaymentRequiredHeader(String(trailers.get('payment-required')[0]));
}

/** A payment for a call, as metadata, and how often model and money moved since. */
export async function paidOverGrpc(
  fixture: GatewayFixture,
  client: GrpcTestClient,
  { method = 'Infer', message = digitsMessage }: { method?: string; message?: object } = {},
) {
  const payer = new PayingClient();
  const payment = await payer.pay(challengeOf(await client.refusal(method, message)));
  const { signer, payments } = fixture;
  const before = { signed: signer.outputs.length, transfers: payments.transfers };
  const moved = () => ({
    runs: signer.outputs.length - before.signed,
    transfers: payments.transfers - before.transfers,
  });
  const metadata = { 'payment-signature': encodePaymentSignatureHeader(payment) };
  return { payer, payment, metadata, moved };
}
