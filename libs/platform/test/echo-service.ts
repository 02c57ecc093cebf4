import {
  credentials,
  loadPackageDefinition,
  Metadata,
  type ChannelCredentials,
  type Client,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { Controller, Module } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { AppError } from '@touchstone/contracts';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { grpcTlsKeys, loadConfig, serviceKeys } from '../src/entries/config.js';
import { messageBytes, serveGrpc, setTrailer } from '../src/entries/grpc.js';
import { currentTraceId, silentLogger } from '../src/entries/observability.js';
import { createContext, startService, type RunningService } from '../src/entries/runtime.js';

/** What is sent and comes back. */
export interface Echo {
  text: string;
  bigNumber: string;
  traceId?: string;
}

/** Answers what it is sent; some texts have a meaning. */
@Controller()
class EchoController {
  inits = 0;

  onModuleInit(): void {
    this.inits += 1;
  }

  @GrpcMethod('EchoService', 'Echo')
  echo(request: Echo, _metadata: Metadata, call: object): Echo {
    if (request.text.startsWith('trailer')) setTrailer(call, 'a-trailer', 'its value');
    if (request.text === 'trailer and refuse') throw new AppError('conflict', 'No.');
    if (request.text === 'inits') return { text: String(this.inits), bigNumber: '0' };
    if (request.text.startsWith('bytes'))
      return { text: Buffer.from(messageBytes(request)).toString('hex'), bigNumber: '0' };
    if (request.text === 'refuse')
      throw new AppError('signing-refused', 'The policy refuses.', { legacyCode: 'REFUSED' });
    if (request.text.startsWith('findings')) throw withFindings(Number(request.bigNumber));
    if (request.text === 'break') throw new Error('a secret of the inside');
    return { ...request, traceId: currentTraceId() ?? '' };
  }
}

function withFindings(count: number): AppError {
  const details = Array.from({ length: count }, (_, at) => ({ pointer: `/${at}`, detail: 'is wrong' }));
  return new AppError('rate-limited', 'Later.', { details, retryAfterSeconds: 1.5 });
}

@Module({ controllers: [EchoController] })
class EchoModule {}

export const ECHO_SERVICE = 'touchstone.echo.v1.EchoService';
const echoProto = fileURLToPath(new URL('./echo.proto', import.meta.url));
const configSchema = z.object({ ...serviceKeys('signer'), ...grpcTlsKeys() });

/** Starts a service that answers {@link Echo} over gRPC. */
export async function startEcho(settings: Readonly<Record<string, string>> = {}): Promise<RunningService> {
  const definition: Parameters<typeof startService<typeof configSchema>>[0] = {
    name: 'signer',
    configSchema,
    codeFolder: tmpdir(),
    module: () => EchoModule,
    setup: (app, context) => void serveGrpc(app, context, { service: ECHO_SERVICE, protoPath: echoProto }),
  };
  const ports = { TOUCHSTONE_HTTP_PORT: '0', TOUCHSTONE_GRPC_PORT: '0', TOUCHSTONE_HEALTH_PORT: '0' };
  const env = { ...ports, TOUCHSTONE_BUILD_HASH: 'ab'.repeat(32), ...settings };
  const config = loadConfig({ schema: configSchema, env });
  return startService(definition, await createContext(definition, config, silentLogger()));
}

type Call = (
  request: object,
  metadata: Metadata,
  done: (error: ServiceError | null, value: unknown) => void,
) => { on(event: 'status', listener: (status: { metadata: Metadata }) => void): unknown };

export type EchoClient = Client & Record<string, Call>;

/** A client of a service in a proto file. */
export function clientOf(
  proto: string,
  service: string,
  address: string,
  security: ChannelCredentials = credentials.createInsecure(),
): EchoClient {
  const loaded: unknown = loadPackageDefinition(
    loadSync(proto, { longs: String, enums: String, defaults: true }),
  );
  const found = service.split('.').reduce((node, name) => (node as Record<string, unknown>)[name], loaded);
  return new (found as new (address: string, security: unknown) => EchoClient)(address, security);
}

/** A client of {@link startEcho}. */
export const echoClient = (address: string, security?: ChannelCredentials): EchoClient =>
  clientOf(echoProto, ECHO_SERVICE, address, security);

/** Calls a method once; `onTrailers` is given the metadata after the answer. */
export function call<T>(
  client: EchoClient,
  method: string,
  request: object,
  metadata = new Metadata(),
  onTrailers: (trailers: Metadata) => void = () => undefined,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    client[method]
      ?.call(client, request, metadata, (error, value) => (error ? reject(error) : resolve(value as T)))
      .on('status', ({ metadata: trailers }) => onTrailers(trailers));
  });
}
