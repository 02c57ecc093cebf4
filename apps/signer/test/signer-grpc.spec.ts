import { fileURLToPath } from 'node:url';
import {
  credentials,
  loadPackageDefinition,
  Metadata,
  status,
  type CallOptions,
  type Client as GrpcClient,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { GRPC_MESSAGE_BYTES_DEFAULT_MAX } from '@touchstone/platform';
import { GATEWAY_TOKEN, SignerFixture } from './signer-fixture.js';

type Call = (
  request: object,
  metadata: Metadata,
  done: (error: ServiceError | null, answer: Record<string, unknown>) => void,
) => void;
type Client = Record<string, Call> & { close(): void } & Pick<GrpcClient, 'makeUnaryRequest'>;
type ClientClass = new (address: string, security: ReturnType<typeof credentials.createInsecure>) => Client;

const proto = fileURLToPath(
  new URL('../../../libs/contracts/proto/touchstone/signer/v1/signer.proto', import.meta.url),
);
const health = fileURLToPath(
  new URL('../../../node_modules/grpc-health-check/proto/health/v1/health.proto', import.meta.url),
);

let fixture: SignerFixture;
let address: string;

function connect(path: string, find: (packages: unknown) => unknown): Client {
  const packages = loadPackageDefinition(loadSync(path, { longs: String, defaults: true }));
  return new (find(packages) as ClientClass)(address, credentials.createInsecure());
}

function call(
  client: Client,
  method: string,
  request: object,
  token?: string,
): Promise<Record<string, unknown>> {
  const metadata = new Metadata();
  if (token) metadata.set('authorization', `Bearer ${token}`);
  return new Promise((resolve, reject) => {
    client[method]?.(request, metadata, (error, answer) => (error ? reject(error) : resolve(answer)));
  });
}

interface SignerPackages {
  readonly touchstone: { readonly signer: { readonly v1: { readonly SignerService: unknown } } };
}

const signerClient = (): Client =>
  connect(proto, (packages) => (packages as SignerPackages).touchstone.signer.v1.SignerService);

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
    interface HealthPackages {
      readonly grpc: { readonly health: { readonly v1: { readonly Health: unknown } } };
    }
    const client = connect(health, (packages) => (packages as HealthPackages).grpc.health.v1.Health);
    const answer = await call(client, 'check', { service: 'touchstone.signer.v1.SignerService' });
    expect(answer).toMatchObject({ status: 1 });
    client.close();
  });
});
