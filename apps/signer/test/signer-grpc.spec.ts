import { fileURLToPath } from 'node:url';
import { Metadata, status, type CallOptions } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { GRPC_MESSAGE_BYTES_DEFAULT_MAX } from '@touchstone/platform/grpc';
import { callGrpc as call, connectGrpc, type GrpcTestClient } from './support/grpc-client.js';
import { GATEWAY_TOKEN, SignerFixture } from './support/signer-fixture.js';

const health = fileURLToPath(
  new URL('../../../node_modules/grpc-health-check/proto/health/v1/health.proto', import.meta.url),
);

let fixture: SignerFixture;
let address: string;
const signerClient = (): GrpcTestClient => connectGrpc(address);

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
  address = `127.0.0.1:${service.ports.grpc}`;
});

afterAll(() => fixture.close());

describe('the signer over gRPC', () => {
  it('signs for a known caller', async () => {
    const client = signerClient();
    const answer = await call(client, 'signOutput', request, GATEWAY_TOKEN);
    expect(answer).toMatchObject({ ...request, domain: 'model-output-v1', keyId: 'output-1' });
    client.close();
  });

  it('names every refusal by status', async () => {
    const client = signerClient();
    await expect(call(client, 'signOutput', request)).rejects.toMatchObject({ code: status.UNAUTHENTICATED });
    const checkpoint = { origin: 'x', size: '1', root: '00'.repeat(32), fromSize: '0', proof: [] };
    await expect(call(client, 'signCheckpoint', checkpoint, GATEWAY_TOKEN)).rejects.toMatchObject({
      code: status.PERMISSION_DENIED,
    });
    const short = call(client, 'signOutput', { ...request, nonce: 'ab' }, GATEWAY_TOKEN);
    await expect(short).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
    client.close();
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
    ['a deadline that is over', Buffer.alloc(0), { deadline: Date.now() - 1 }, status.DEADLINE_EXCEEDED],
  ])('answers %s by its status and goes on', async (_, bytes, options: CallOptions, code) => {
    const client = signerClient();
    const metadata = new Metadata();
    metadata.set('authorization', `Bearer ${GATEWAY_TOKEN}`);
    const identity = (value: Buffer) => value;
    const answer = new Promise((resolve, reject) => {
      const path = '/touchstone.signer.v1.SignerService/SignOutput';
      client.makeUnaryRequest(path, identity, identity, bytes, metadata, options, (error, value) =>
        error ? reject(error) : resolve(value),
      );
    });
    await expect(answer).rejects.toMatchObject({ code });
    expect(await call(client, 'getKeySet', {})).toHaveProperty('keySetJson');
    client.close();
  });

  it('serves the key set to anybody', async () => {
    const client = signerClient();
    const answer = await call(client, 'getKeySet', {});
    expect(JSON.parse(String(answer['keySetJson']))).toMatchObject({ type: 'touchstone.key-set.v1' });
    client.close();
  });

  it('answers grpc.health.v1', async () => {
    const client = connectGrpc(address, health, 'grpc.health.v1.Health');
    const answer = await call(client, 'check', { service: 'touchstone.signer.v1.SignerService' });
    expect(answer).toMatchObject({ status: 1 });
    client.close();
  });
});
