import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type {
  InferAnswer,
  ModelDetail,
  VerificationAnswer,
} from '@touchstone/contracts/http/inference-gateway';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import { contextNonce, requestDigest } from '@touchstone/evidence';
import { uuidV7 } from '@touchstone/postgres';
import { waitUntil } from '@touchstone/testing';
import type { GrpcTestClient } from '@touchstone/testing/grpc';
import pg from 'pg';
import { INFER_MESSAGE_BYTES_MAX } from '../src/transport/grpc/inference.grpc.js';
import { GatewayFixture, infer, type Gateway } from './support/gateway-fixture.js';
import { connect, digitsMessage, INFERENCE_SERVICE } from './support/grpc-requests.js';
import { digitsBody, digitValues } from './support/paid-requests.js';

let fixture: GatewayFixture;
let gateway: Gateway;
let client: GrpcTestClient;

beforeAll(async () => {
  fixture = await GatewayFixture.create();
  gateway = await fixture.start();
  client = connect(gateway);
}, 60_000);

afterAll(async () => {
  client.close();
  await fixture.close();
});

const [pixels] = digitsMessage.inputs;
const withTensor = (change: object) => ({ modelId: 'digits', inputs: [{ ...pixels, ...change }] });

describe('an inference over gRPC', () => {
  it('is signed over the tensors of HTTP, and bound to the bytes of its message', async () => {
    const answer = await client.call('Infer', digitsMessage);
    const overHttp = (await (await infer(gateway, 'digits', digitsBody)).json()) as InferAnswer;
    const { inputHash, outputHash } = overHttp.proof;
    expect(answer).toMatchObject({
      model: overHttp.model,
      prediction: { label: overHttp.prediction?.label },
      proof: { inputHash, outputHash },
    });
    const [output] = answer['outputs'] as { name: string; contents: { fp32Contents: number[] } }[];
    const [shown] = overHttp.outputs;
    expect([output?.name, output?.contents.fp32Contents]).toEqual([shown?.name, shown?.data]);
    const proof = answer['proof'] as { nonce: string; timestamp: string };
    expect(fixture.signer.verifies({ ...proof, timestamp: Number(proof.timestamp) } as never)).toBe(true);
    const context = JSON.parse(String(answer['contextJson']));
    expect(proof.nonce).toBe(contextNonce(context));
    expect(context).toMatchObject({
      payment: null,
      requestDigest: requestDigest({
        bodyDigest: bytesToHex(sha256(client.bytesOf('Infer', digitsMessage))),
        method: 'POST',
        modelVersionId: (answer['model'] as { modelVersionId: string }).modelVersionId,
        quoteId: null,
        target: `/${INFERENCE_SERVICE}/Infer`,
      }),
    });
  });

  it('takes a text for a model that reads one', async () => {
    const answer = await client.call('Infer', { modelId: 'financial-sentiment', text: 'profits rose' });
    expect(answer).toHaveProperty('prediction.label');
  });

  it('takes numbers by name for a model that lists features', async () => {
    const { model } = (await client.call('GetModel', { modelId: 'fraud' })) as {
      model: { features: { name: string; minimum: number; maximum: number }[] };
    };
    expect(model.features[0]).toMatchObject({ name: 'amount_log10_usd', minimum: 0, maximum: 10 });
    const features = Object.fromEntries(model.features.map(({ name, minimum }) => [name, minimum]));
    expect(await client.call('Infer', { modelId: 'fraud', features })).toHaveProperty('prediction.label');
  });

  it.each<[string, object, number, string, string?]>([
    [
      'a feature that is no number',
      { modelId: 'fraud', features: { at_night: Number.NaN } },
      status.INVALID_ARGUMENT,
      'validation-failed',
    ],
    [
      'features that are not all',
      { modelId: 'fraud', features: { at_night: 1 } },
      status.INVALID_ARGUMENT,
      'tensor-invalid',
      '/features',
    ],
    ['a model that is not there', { modelId: 'nobody', text: 'a' }, status.NOT_FOUND, 'unknown-model'],
    [
      'an id that is too long',
      { modelId: 'x'.repeat(129), text: 'a' },
      status.INVALID_ARGUMENT,
      'validation-failed',
    ],
    ['nothing to read', { modelId: 'digits' }, status.INVALID_ARGUMENT, 'validation-failed'],
    ['tensors and a text', { ...digitsMessage, text: 'a' }, status.INVALID_ARGUMENT, 'validation-failed'],
    [
      'a text for a model without words',
      { modelId: 'digits', text: 'a' },
      status.INVALID_ARGUMENT,
      'validation-failed',
    ],
    [
      'a datatype that is none',
      withTensor({ datatype: 'FP31', contents: {} }),
      status.INVALID_ARGUMENT,
      'validation-failed',
      '/inputs/0/datatype',
    ],
    [
      'bytes',
      withTensor({ datatype: 'BYTES', contents: {} }),
      status.INVALID_ARGUMENT,
      'tensor-invalid',
      '/inputs/0/datatype',
    ],
    [
      'elements of another datatype',
      withTensor({ contents: { fp64Contents: digitValues } }),
      status.INVALID_ARGUMENT,
      'tensor-invalid',
      '/inputs/0/contents',
    ],
    [
      'elements of two datatypes',
      withTensor({ contents: { fp32Contents: digitValues, intContents: [1] } }),
      status.INVALID_ARGUMENT,
      'tensor-invalid',
      '/inputs/0/contents',
    ],
    [
      'no elements',
      withTensor({ contents: null }),
      status.INVALID_ARGUMENT,
      'tensor-invalid',
      '/inputs/0/data',
    ],
    [
      'a number that is none',
      withTensor({ contents: { fp32Contents: [Number.NaN, ...digitValues.slice(1)] } }),
      status.INVALID_ARGUMENT,
      'tensor-invalid',
      '/inputs/0/data/0',
    ],
    [
      'another shape',
      withTensor({ shape: [64] }),
      status.INVALID_ARGUMENT,
      'tensor-invalid',
      '/inputs/0/shape',
    ],
    [
      'a negative size',
      withTensor({ shape: [-1, 64] }),
      status.INVALID_ARGUMENT,
      'validation-failed',
      '/inputs/0/shape/0',
    ],
    [
      'a size that JSON cannot say',
      withTensor({ shape: ['9223372036854775807'] }),
      status.INVALID_ARGUMENT,
      'validation-failed',
      '/inputs/0/shape/0',
    ],
    [
      'another tensor',
      withTensor({ name: 'other' }),
      status.INVALID_ARGUMENT,
      'tensor-invalid',
      '/inputs/0/name',
    ],
  ])('is refused for %s as over HTTP', async (_what, message, code, reason, pointer = '') => {
    const refused = await client.refusal('Infer', message);
    expect(refused).toMatchObject({ status: code, info: { reason } });
    if (pointer !== '') expect(refused.findings?.[0]?.pointer).toBe(pointer);
  });

  it('has a message of INFER_MESSAGE_BYTES_MAX at most', async () => {
    const messageOf = (bytes: number) => {
      const empty = client.bytesOf('Infer', { modelId: 'digits', text: 'a' }).length - 1;
      // The length of a text of this size takes two bytes more than that of one character.
      return client.bytesOf('Infer', { modelId: 'digits', text: 'a'.repeat(bytes - empty - 2) });
    };
    expect(messageOf(INFER_MESSAGE_BYTES_MAX)).toHaveLength(INFER_MESSAGE_BYTES_MAX);
    expect(await client.refusal('Infer', messageOf(INFER_MESSAGE_BYTES_MAX))).toMatchObject({
      info: { reason: 'validation-failed' },
    });
    expect(await client.refusal('Infer', messageOf(INFER_MESSAGE_BYTES_MAX + 1))).toMatchObject({
      status: status.RESOURCE_EXHAUSTED,
    });
  });

  it.each([
    ['no protobuf', Buffer.from('ffffffff', 'hex'), status.INTERNAL],
    ['one that ends too early', Buffer.from('0a40', 'hex'), status.INVALID_ARGUMENT],
  ])('answers a message that is %s by its status', async (_what, bytes, code) => {
    expect(await client.refusal('Infer', bytes)).toMatchObject({ status: code });
    expect(await client.call('ListModels', {})).toHaveProperty('models');
  });
});

describe('models and verifications over gRPC', () => {
  it('say what they say over HTTP', async () => {
    const shown = await gateway.json<ModelDetail>('/v1/models/digits');
    const { model } = await client.call('GetModel', { modelId: 'digits' });
    expect(model).toMatchObject({
      summary: { id: 'digits', modelVersionId: shown.modelVersionId, status: 'active' },
      ...{ modelHash: shown.modelHash, sizeBytes: String(shown.sizeBytes), licence: shown.licence },
      inputs: [{ name: 'pixels', shape: { sizes: ['1', '64'] } }],
      commitmentHash: shown.commitmentHash,
    });
    expect(JSON.parse((model as { commitmentJson: string }).commitmentJson)).toEqual(shown.commitment);
    const { verificationId } = await client.call('Infer', digitsMessage);
    const overHttp = await gateway.json<VerificationAnswer>(`/v1/verifications/${String(verificationId)}`);
    const { verification } = await client.call('GetVerification', { verificationId });
    expect(verification).toMatchObject({
      ...{ verificationId, status: 'recorded', modelId: 'digits', createdAt: overHttp.createdAt },
      proof: { signature: overHttp.proof?.signature },
      links: overHttp.links,
    });
    expect(await client.stream('WatchVerification', { verificationId })).toEqual({
      messages: [{ verification }],
      refusal: undefined,
    });
  });

  it('are listed page by page', async () => {
    const first = await client.call('ListModels', { limit: 1 });
    expect(first).toMatchObject({ models: [{ id: 'breast-cancer' }], nextCursor: 'breast-cancer' });
    const second = await client.call('ListModels', { limit: 1, cursor: first['nextCursor'] });
    expect(second).toMatchObject({ models: [{ id: 'crypto-sentiment-v2' }] });
    expect(await client.call('ListModels', { task: 'nothing' })).not.toHaveProperty('nextCursor');
  });

  it('are refused for ids that are unknown or none, and for pages that are too long', async () => {
    const invalid = { status: status.INVALID_ARGUMENT, info: { reason: 'validation-failed' } };
    const unknown = { status: status.NOT_FOUND };
    expect(await client.refusal('GetModel', { modelId: 'nobody' })).toMatchObject(unknown);
    expect(await client.refusal('GetVerification', { verificationId: uuidV7() })).toMatchObject(unknown);
    expect(await client.refusal('GetVerification', { verificationId: 'x' })).toMatchObject(invalid);
    expect(await client.refusal('ListModels', { limit: 101 })).toMatchObject(invalid);
    expect(await client.refusal('ListModels', { status: 'gone' })).toMatchObject(invalid);
    for (const [verificationId, refusal] of [
      [uuidV7(), unknown],
      ['x', invalid],
    ] as const)
      expect(await client.stream('WatchVerification', { verificationId })).toMatchObject({
        messages: [],
        refusal,
      });
  });
});

describe('the server', () => {
  it('answers a call whose deadline passes while the database is held', async () => {
    const { verificationId } = await client.call('Infer', digitsMessage);
    const database = new pg.Client({ connectionString: fixture.database.url });
    await database.connect();
    await database.query('BEGIN; LOCK TABLE gateway.verifications IN ACCESS EXCLUSIVE MODE');
    const refused = await client.refusal('GetVerification', { verificationId }, { deadlineMs: 200 });
    await database.query('COMMIT');
    await database.end();
    expect(refused).toMatchObject({ status: status.DEADLINE_EXCEEDED });
    expect(await client.call('GetVerification', { verificationId })).toHaveProperty('verification');
  });

  it('is described by reflection, and healthy until it drains', async () => {
    expect(await client.reflected()).toEqual([INFERENCE_SERVICE]);
    await waitUntil(async () => (await client.health()) === 'SERVING');
    gateway.context.health.startDraining();
    expect(await client.health()).toBe('NOT_SERVING');
  });
});
