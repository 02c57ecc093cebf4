import { fileURLToPath } from 'node:url';
import {
  credentials,
  loadPackageDefinition,
  Metadata,
  type Client,
  type ServiceClientConstructor,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

type Method = (
  request: object,
  metadata: Metadata,
  done: (error: ServiceError | null, answer: Record<string, unknown>) => void,
) => void;

/** A client of one service. */
export type GrpcTestClient = Record<string, Method> & Pick<Client, 'close' | 'makeUnaryRequest'>;

const proto = fileURLToPath(
  new URL('../../../../libs/contracts/proto/touchstone/signer/v1/signer.proto', import.meta.url),
);

/** A client of the signer, or of a service of another file. */
export function connectGrpc(
  address: string,
  path = proto,
  service = 'touchstone.signer.v1.SignerService',
): GrpcTestClient {
  const packages: unknown = loadPackageDefinition(loadSync(path, { longs: String, defaults: true }));
  const found = service
    .split('.')
    .reduce((parent, name) => (parent as Record<string, unknown>)[name], packages);
  const client: unknown = new (found as ServiceClientConstructor)(address, credentials.createInsecure());
  return client as GrpcTestClient;
}

/** Calls a method by its camel-case name; rejects with a {@link ServiceError}. */
export function callGrpc(
  client: GrpcTestClient,
  method: string,
  request: object,
  token?: string,
): Promise<Record<string, unknown>> {
  const metadata = new Metadata();
  if (token) metadata.set('authorization', `Bearer ${token}`);
  return new Promise((resolve, reject) => {
    const call = client[method];
    if (call === undefined) throw new Error(`The service has no method ${method}.`);
    call.call(client, request, metadata, (error, answer) => (error ? reject(error) : resolve(answer)));
  });
}
