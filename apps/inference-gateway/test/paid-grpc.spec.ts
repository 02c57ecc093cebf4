import { status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { canonicalJson } from '@touchstone/canonical-json';
import { outputRecorded } from '@touchstone/contracts';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import type { GrpcMessage, GrpcTestClient } from '@touchstone/testing/grpc';
import { decodePaymentResponseHeader, encodePaymentSignatureHeader } from '@x402/core/http';
import { PAYMENT_HEADER_CHARACTERS_MAX } from '../src/adapters/x402/x402-payment-reader.js';
import { GatewayFixture, infer, PAY_TO, type Gateway } from './support/gateway-fixture.js';
import {
  challengeOf,
  connect,
  digitsMessage,
  INFERENCE_SERVICE,
  paidOverGrpc,
} from './support/grpc-requests.js';
import { codeOf, digitsBody, PaidRequests } from './support/paid-requests.js';

const TARGET = `/${INFERENCE_SERVICE}/Infer`;

let fixture: GatewayFixture;
let gateway: Gateway;
let client: GrpcTestClient;

beforeAll(async () => {
  fixture = await GatewayFixture.create();
  gateway = await fixture.start({ TOUCHSTONE_PAYMENT_MODE: 'x402' });
  client = connect(gateway);
}, 60_000);

afterEach(() => {
  fixture.payments.nextSettle = 'settled';
  fixture.payments.poorPayer = undefined;
  fixture.payments.refusal = undefined;
});

afterAll(async () => {
  client.close();
  await fixture.close();
});

const paid = () => paidOverGrpc(fixture, client);

describe('a request without payment over gRPC', () => {
  it('is FAILED_PRECONDITION with the requirements of HTTP in a trailer', async () => {
    const refused = await client.refusal('Infer', digitsMessage);
    expect(refused).toMatchObject({
      status: status.FAILED_PRECONDITION,
      info: { reason: 'payment-required' },
    });
    expect(challengeOf(refused)).toMatchObject({
      x402Version: 2,
      resource: { url: `http://127.0.0.1:8080${TARGET}`, description: 'Handwritten digits 1.0.0' },
      accepts: [{ scheme: 'exact', network: 'eip155:8453', amount: '10000', payTo: PAY_TO }],
    });
  });
});

describe('a transfer over gRPC', () => {
  it('comes in the metadata under the name of the header, and its claim is for the message as it came', async () => {
    const refused = await client.refusal('Infer', digitsMessage);
    const { accepts, extensions } = challengeOf(refused);
    const { info } = extensions?.['touchstone-transfer'] as { info: { requestDigest: string } };
    const claim = {
      ...{ txHash: 'ab'.repeat(32), logIndex: 7, payer: `0x${'44'.repeat(20)}`, deadline: 4_000_000_000 },
      ...{ payTo: accepts[0]?.payTo, requestDigest: info.requestDigest },
    };
    const signed = canonicalJson({ claim, signature: `0x${'11'.repeat(65)}` } as never);
    const metadata = { 'touchstone-transfer-claim': Buffer.from(signed).toString('base64') };
    const { message } = await client.ask('Infer', digitsMessage, { metadata });
    expect(message).toMatchObject({ payment: { txHash: claim.txHash, logIndex: '7' } });
    fixture.payments.refusal = { code: 'TX_FAILED', reason: 'tx_failed', message: 'It reverted.' };
    const other = canonicalJson({
      claim: { ...claim, txHash: 'cd'.repeat(32) },
      signature: `0x${'11'.repeat(65)}`,
    } as never);
    const failed = await client.refusal('Infer', digitsMessage, {
      metadata: { 'touchstone-transfer-claim': Buffer.from(other).toString('base64') },
    });
    expect(failed.info).toMatchObject({ reason: 'payment-invalid', metadata: { legacyCode: 'TX_FAILED' } });
  });
});

describe('a paid request over gRPC', () => {
  it('is answered with its receipt, and recorded with the request that it belongs to', async () => {
    const { payer, metadata, moved } = await paid();
    const { message, trailers } = await client.ask('Infer', digitsMessage, { metadata });
    expect(decodePaymentResponseHeader(String(trailers.get('payment-response')[0]))).toMatchObject({
      success: true,
      payer: payer.payer,
    });
    expect(trailers.get('idempotent-replayed')).toEqual([]);
    expect(message).toMatchObject({ payment: { payer: payer.payer, payTo: PAY_TO, amount: '10000' } });
    expect(moved()).toEqual({ runs: 1, transfers: 1 });
    const events = await fixture.events<{ verificationId: string }>('evt.v1.inference.output.recorded');
    const event = outputRecorded.parse(
      events.find(({ verificationId }) => verificationId === message['verificationId']),
    );
    expect(event.payment?.requestParts).toEqual({
      bodyDigest: bytesToHex(sha256(client.bytesOf('Infer', digitsMessage))),
      method: 'POST',
      modelVersionId: event.proof.modelVersionId,
      quoteId: null,
      target: TARGET,
    });
  });

  it('is answered byte for byte the same when it comes again, with no run and no charge', async () => {
    const { metadata, moved } = await paid();
    const bytesOf = (message: GrpcMessage) => JSON.stringify(message);
    const first = await client.ask('Infer', digitsMessage, { metadata });
    const second = await client.ask('Infer', digitsMessage, { metadata });
    expect(bytesOf(second.message)).toBe(bytesOf(first.message));
    expect(second.trailers.get('idempotent-replayed')).toEqual(['true']);
    expect(second.trailers.get('payment-response')).toEqual(first.trailers.get('payment-response'));
    expect(moved()).toEqual({ runs: 1, transfers: 1 });
  });

  it('sent five times at once runs the model once and is charged once', async () => {
    const { metadata, moved } = await paid();
    const results = await Promise.allSettled(
      Array.from({ length: 5 }, () => client.call('Infer', digitsMessage, { metadata })),
    );
    const answers = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    expect(answers.length).toBeGreaterThanOrEqual(1);
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: status.ABORTED });
    expect(moved()).toEqual({ runs: 1, transfers: 1 });
  });

  it('is bound to the bytes of its message: the same values in other bytes are another request', async () => {
    const { metadata, moved } = await paid();
    await client.call('Infer', digitsMessage, { metadata });
    const other = Buffer.concat([client.bytesOf('Infer', digitsMessage), Buffer.from('7a0161', 'hex')]);
    expect(await client.refusal('Infer', other, { metadata })).toMatchObject({
      status: status.FAILED_PRECONDITION,
      info: { reason: 'payment-bound-to-other-request', metadata: { legacyCode: 'PAYMENT_ALREADY_USED' } },
    });
    expect(moved()).toEqual({ runs: 1, transfers: 1 });
  });

  it('is another request than the one over HTTP', async () => {
    const { metadata } = await paid();
    await client.call('Infer', digitsMessage, { metadata });
    const response = await infer(gateway, 'digits', digitsBody, {
      'PAYMENT-SIGNATURE': metadata['payment-signature'],
    });
    expect(await codeOf(response)).toBe('payment-bound-to-other-request');
    const overHttp = await new PaidRequests(fixture, gateway).paid();
    await infer(gateway, 'digits', digitsBody, overHttp.header);
    const [header = ''] = Object.values(overHttp.header);
    expect(
      await client.refusal('Infer', digitsMessage, { metadata: { 'payment-signature': header } }),
    ).toMatchObject({ info: { reason: 'payment-bound-to-other-request' } });
  });

  it('is watched from its execution to its settlement', async () => {
    const { metadata } = await paid();
    fixture.payments.nextSettle = 'pending';
    const refused = await client.refusal('Infer', digitsMessage, { metadata });
    expect(refused).toMatchObject({
      status: status.UNAVAILABLE,
      info: { reason: 'settlement-pending' },
      retryAfterSeconds: expect.any(Number),
    });
    const [verificationId] = refused.trailers.get('verification-id');
    const watched = client.stream('WatchVerification', { verificationId });
    const cut = await client.stream('WatchVerification', { verificationId }, { deadlineMs: 1_200 });
    expect(cut).toMatchObject({
      messages: [{ verification: { status: 'executed' } }],
      refusal: { status: status.DEADLINE_EXCEEDED },
    });
    const { verification } = cut.messages[0] as { verification: Record<string, unknown> };
    expect([verification['proof'], verification['contextJson']]).toEqual([null, undefined]);
    fixture.payments.nextSettle = 'settled';
    await client.call('Infer', digitsMessage, { metadata });
    const { messages, refusal } = await watched;
    expect(refusal).toBeUndefined();
    expect(messages.map((message) => (message['verification'] as { status: string }).status)).toEqual([
      'executed',
      'settled',
    ]);
    expect(messages[1]).toMatchObject({ verification: { payment: { transaction: `0x${'ab'.repeat(32)}` } } });
  });

  it('whose deadline passes is answered once for all when it comes again', async () => {
    const { metadata, moved } = await paid();
    const late = await client.refusal('Infer', digitsMessage, { metadata, deadlineMs: 1 });
    expect(late).toMatchObject({ status: status.DEADLINE_EXCEEDED });
    let answer: GrpcMessage | undefined;
    while (answer === undefined)
      answer = await client.call('Infer', digitsMessage, { metadata }).catch((error: { code: number }) => {
        if (error.code !== status.ABORTED) throw error;
        return undefined;
      });
    expect(answer).toHaveProperty('verificationId');
    expect(moved()).toEqual({ runs: 1, transfers: 1 });
  });
});

describe('a payment that does not fit over gRPC', () => {
  it('is told with the requirements again', async () => {
    const { payment, payer } = await paid();
    const other = { ...payment, accepted: { ...payment.accepted, amount: '9999' } };
    const metadata = { 'payment-signature': encodePaymentSignatureHeader(other) };
    const refused = await client.refusal('Infer', digitsMessage, { metadata });
    expect(refused).toMatchObject({
      status: status.FAILED_PRECONDITION,
      info: { reason: 'payment-invalid' },
    });
    expect(challengeOf(refused)).toMatchObject({ error: 'no_matching_payment_requirements' });
    fixture.payments.poorPayer = payer.payer;
    const poor = { 'payment-signature': encodePaymentSignatureHeader(payment) };
    expect(challengeOf(await client.refusal('Infer', digitsMessage, { metadata: poor }))).toMatchObject({
      error: 'invalid_exact_evm_insufficient_balance',
    });
  });

  it.each([
    ['is no base64', 'x', 'is not JSON in base64'],
    ['is too long', 'A'.repeat(PAYMENT_HEADER_CHARACTERS_MAX + 1), String(PAYMENT_HEADER_CHARACTERS_MAX)],
  ])('that %s is malformed', async (_what, header, words) => {
    const refused = await client.refusal('Infer', digitsMessage, {
      metadata: { 'payment-signature': header },
    });
    expect(refused).toMatchObject({ info: { reason: 'payment-malformed' } });
    expect(refused.message).toContain(words);
    expect(challengeOf(refused).accepts).toHaveLength(1);
  });
});
