import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  credentials,
  loadPackageDefinition,
  Metadata,
  status,
  type Client,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { Controller, Module } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { AppError, errorRegistry, type ErrorCode } from '@touchstone/contracts';
import { protoPath as healthProto } from 'grpc-health-check';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { loadConfig, serviceKeys } from '../src/entries/config.js';
import {
  decodeErrorDetails,
  GRPC_MESSAGE_BYTES_DEFAULT_MAX,
  grpcStatusOf,
  serveGrpc,
} from '../src/entries/grpc.js';
import { currentTraceId, silentLogger } from '../src/entries/observability.js';
import { createContext, startService, type RunningService } from '../src/entries/runtime.js';

interface Echo {
  text: string;
  bigNumber: string;
  traceId?: string;
}

@Controller()
class EchoController {
  inits = 0;

  onModuleInit(): void {
    this.inits += 1;
  }

  @GrpcMethod('EchoService', 'Echo')
  echo(request: Echo): Echo {
    if (request.text === 'inits') return { text: String(this.inits), bigNumber: '0' };
    if (request.text === 'refuse')
      throw new AppError('signing-refused', 'The policy refuses.', { legacyCode: 'REFUSED' });
    if (request.text === 'break') throw new Error('a secret of the inside');
    return { ...request, traceId: currentTraceId() ?? '' };
  }
}

@Module({ controllers: [EchoController] })
class EchoModule {}

const echoProto = fileURLToPath(new URL('./echo.proto', import.meta.url));
const configSchema = z.object(serviceKeys('signer'));
type Call = (
  request: object,
  metadata: Metadata,
  done: (error: ServiceError | null, value: unknown) => void,
) => void;

function clientOf(proto: string, path: readonly string[], address: string): Client & Record<string, Call> {
  const loaded = loadPackageDefinition(loadSync(proto, { longs: String, enums: String, defaults: true }));
  const service = path.reduce<unknown>((node, name) => (node as Record<string, unknown>)[name], loaded);
  return new (service as new (address: string, security: unknown) => Client & Record<string, Call>)(
    address,
    credentials.createInsecure(),
  );
}

function call<T>(
  client: Client & Record<string, Call>,
  method: string,
  request: object,
  metadata = new Metadata(),
) {
  return new Promise<T>((resolve, reject) => {
    client[method]?.call(client, request, metadata, (error, value) =>
      error ? reject(error) : resolve(value as T),
    );
  });
}

describe('a gRPC service', () => {
  let service: RunningService;
  let echo: Client & Record<string, Call>;
  let health: Client & Record<string, Call>;
  let stopped: Promise<boolean> | undefined;

  beforeAll(async () => {
    const env = {
      TOUCHSTONE_HTTP_PORT: '0',
      TOUCHSTONE_HEALTH_PORT: '0',
      TOUCHSTONE_BUILD_HASH: 'ab'.repeat(32),
    };
    const definition: Parameters<typeof startService<typeof configSchema>>[0] = {
      name: 'signer',
      configSchema,
      codeFolder: tmpdir(),
      module: () => EchoModule,
      setup: (app, context) => {
        serveGrpc(app, context, {
          packages: ['touchstone.echo.v1'],
          protoPaths: [echoProto],
          services: ['touchstone.echo.v1.EchoService'],
          host: '127.0.0.1',
          port: 0,
        });
      },
    };
    const context = await createContext(
      definition,
      loadConfig({ schema: configSchema, env }),
      silentLogger(),
    );
    service = await startService(definition, context);
    const address = `127.0.0.1:${service.ports.grpc}`;
    echo = clientOf(echoProto, ['touchstone', 'echo', 'v1', 'EchoService'], address);
    health = clientOf(healthProto, ['grpc', 'health', 'v1', 'Health'], address);
  });
  afterAll(async () => {
    echo.close();
    health.close();
    await (stopped ?? service.stop());
  });

  it('tells its real port and keeps 64-bit numbers exact', async () => {
    expect(service.ports.grpc).toBeGreaterThan(0);
    const answer = await call<Echo>(echo, 'Echo', { text: 'a', bigNumber: '18446744073709551615' });
    expect(answer).toMatchObject({ text: 'a', bigNumber: '18446744073709551615' });
  });

  it('runs the lifecycle hooks of the application once', async () => {
    expect(await call<Echo>(echo, 'Echo', { text: 'inits' })).toMatchObject({ text: '1' });
  });

  it('continues the trace of the metadata', async () => {
    const metadata = new Metadata();
    metadata.set('traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01');
    expect(await call<Echo>(echo, 'Echo', { text: 'a' }, metadata)).toMatchObject({
      traceId: '0af7651916cd43dd8448eb211c80319c',
    });
  });

  it('answers an error with its status and its code as the reason', async () => {
    const error = await call(echo, 'Echo', { text: 'refuse' }).catch((caught: ServiceError) => caught);
    expect(error).toMatchObject({ code: status.PERMISSION_DENIED, details: 'The policy refuses.' });
    const [bytes] = (error as ServiceError).metadata.get('grpc-status-details-bin');
    expect(decodeErrorDetails(bytes as Buffer)).toEqual({
      reason: 'signing-refused',
      domain: 'touchstone.dev',
      metadata: {
        retryable: 'false',
        legacyCode: 'REFUSED',
        traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
      },
    });
  });

  it('takes a message below the limit, whose answer has a trace id more, and refuses one above', async () => {
    const text = (bytes: number) => ({ text: 'x'.repeat(bytes - 5) });
    const taken = await call<Echo>(echo, 'Echo', { ...text(GRPC_MESSAGE_BYTES_DEFAULT_MAX - 64) });
    expect(taken.text).toHaveLength(GRPC_MESSAGE_BYTES_DEFAULT_MAX - 64 - 5);
    await expect(call(echo, 'Echo', text(GRPC_MESSAGE_BYTES_DEFAULT_MAX + 1))).rejects.toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
    });
  });

  it.each([
    ['an unknown method', '/touchstone.echo.v1.EchoService/Nothing', Buffer.alloc(0), status.UNIMPLEMENTED],
    ['an unknown service', '/touchstone.nothing.v1.Nothing/Echo', Buffer.alloc(0), status.UNIMPLEMENTED],
  ])('answers %s with its status', async (_, path, bytes, code) => {
    const identity = (value: Buffer) => value;
    const answer = new Promise((resolve, reject) => {
      echo.makeUnaryRequest(path, identity, identity, bytes, new Metadata(), (error, value) =>
        error ? reject(error) : resolve(value),
      );
    });
    await expect(answer).rejects.toMatchObject({ code });
  });

  it('hides unexpected errors', async () => {
    const error = await call(echo, 'Echo', { text: 'break' }).catch((caught: ServiceError) => caught);
    expect(error).toMatchObject({ code: status.INTERNAL });
    expect((error as ServiceError).details).not.toContain('secret');
  });

  it.each([
    new Uint8Array(),
    Uint8Array.of(0xff),
    Uint8Array.of(0x0a, 0xff, 0xff),
    new Uint8Array(64).fill(0x1a),
  ])('reads no details out of %j', (bytes) => {
    expect(decodeErrorDetails(bytes)).toBeUndefined();
  });

  it('has a status other than UNKNOWN for every code', () => {
    for (const code of Object.keys(errorRegistry) as ErrorCode[])
      expect([code, grpcStatusOf(code)]).not.toEqual([code, status.UNKNOWN]);
    expect(grpcStatusOf('payment-in-flight')).toBe(status.ABORTED);
    expect(grpcStatusOf('conflict')).toBe(status.FAILED_PRECONDITION);
  });

  it('serves grpc.health.v1, for the server and for the service, until it shuts down', async () => {
    const named = { service: 'touchstone.echo.v1.EchoService' };
    expect(await call(health, 'Check', {})).toMatchObject({ status: 'SERVING' });
    expect(await call(health, 'Check', named)).toMatchObject({ status: 'SERVING' });
    await expect(call(health, 'Check', { service: 'other' })).rejects.toMatchObject({
      code: status.NOT_FOUND,
    });
    service.context.health.startDraining();
    expect(await call(health, 'Check', named)).toMatchObject({ status: 'NOT_SERVING' });
  });

  it('refuses calls once it is shut down', async () => {
    stopped = service.stop();
    expect(await stopped).toBe(true);
    await expect(call(echo, 'Echo', { text: 'a' })).rejects.toMatchObject({ code: status.UNAVAILABLE });
  });
});
