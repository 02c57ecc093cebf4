import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { GRPC_MESSAGE_BYTES_DEFAULT_MAX } from '@touchstone/platform/grpc';
import { waitUntil } from '@touchstone/testing';
import { GrpcTestClient } from '@touchstone/testing/grpc';
import { GATEWAY_TOKEN, SignerFixture } from './support/signer-fixture.js';

const SERVICE = 'touchstone.signer.v1.SignerService';
const asGateway = { metadata: { authorization: `Bearer ${GATEWAY_TOKEN}` } };

let fixture: SignerFixture;
let client: GrpcTestClient;

const request = {
  modelVersionId: '01'.repeat(32),
  inputHash: '02'.repeat(32),
  outputHash: '03'.repeat(32),
  nonce: '04'.repeat(32),
  timestamp: String(Math.floor(Date.now() / 1_000) + 60),
};

beforeAll(async () => {
  fixture = await SignerFixture.create();
  const service = await fixture.start();
  client = GrpcTestClient.connect(`127.0.0.1:${service.ports.grpc}`, SERVICE);
});

afterAll(async () => {
  client.close();
  await fixture.close();
});

describe('the signer over gRPC', () => {
  it('signs for a known caller', async () => {
    const answer = await client.call('SignOutput', request, asGateway);
    expect(answer).toMatchObject({ ...request, domain: 'model-output-v1', keyId: 'output-1' });
  });

  it('names every refusal by status', async () => {
    expect(await client.refusal('SignOutput', request)).toMatchObject({ status: status.UNAUTHENTICATED });
    const checkpoint = { origin: 'x', size: '1', root: '00'.repeat(32), fromSize: '0', proof: [] };
    expect(await client.refusal('SignCheckpoint', checkpoint, asGateway)).toMatchObject({
      status: status.PERMISSION_DENIED,
    });
    expect(await client.refusal('SignOutput', { ...request, nonce: 'ab' }, asGateway)).toMatchObject({
      status: status.INVALID_ARGUMENT,
      findings: [{ pointer: '/nonce' }],
    });
  });

  it.each([
    ['a message that is no protobuf', Buffer.from('ffffffff', 'hex'), {}, status.INTERNAL],
    ['a message that ends too early', Buffer.from('0a40', 'hex'), {}, status.INVALID_ARGUMENT],
    ['an empty message', Buffer.alloc(0), {}, status.INVALID_ARGUMENT],
    [
      'a message beyond the limit',
      Buffer.alloc(GRPC_MESSAGE_BYTES_DEFAULT_MAX + 1),
      {},
      status.RESOURCE_EXHAUSTED,
    ],
    ['a deadline that is over', Buffer.alloc(0), { deadlineMs: -1 }, status.DEADLINE_EXCEEDED],
  ])('answers %s by its status and goes on', async (_, bytes, options, code) => {
    expect(await client.refusal('SignOutput', bytes, { ...asGateway, ...options })).toMatchObject({
      status: code,
    });
    expect(await client.call('GetKeySet', {})).toHaveProperty('keySetJson');
  });

  it('serves the key set to anybody', async () => {
    const answer = await client.call('GetKeySet', {});
    expect(JSON.parse(String(answer['keySetJson']))).toMatchObject({ type: 'touchstone.key-set.v1' });
  });

  it('answers grpc.health.v1 and describes itself by reflection', async () => {
    await waitUntil(async () => (await client.health()) === 'SERVING');
    expect(await client.reflected()).toEqual([SERVICE]);
  });
});
