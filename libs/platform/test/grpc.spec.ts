import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { errorRegistry, type ErrorCode } from '@touchstone/contracts';
import { waitUntil } from '@touchstone/testing';
import { protoPath as healthProto } from 'grpc-health-check';
import { createRequire } from 'node:module';
import {
  decodeErrorDetails,
  GRPC_FINDINGS_MAX,
  GRPC_MESSAGE_BYTES_DEFAULT_MAX,
  grpcStatusOf,
} from '../src/entries/grpc.js';
import type { RunningService } from '../src/entries/runtime.js';
import {
  call,
  clientOf,
  ECHO_SERVICE,
  echoClient,
  startEcho,
  type Echo,
  type EchoClient,
} from './echo-service.js';

const HEALTH_SERVICE = 'grpc.health.v1.Health';
const reflectionProto = createRequire(import.meta.url)
  .resolve('@grpc/reflection')
  .replace(/build.src.*$/, 'build/proto/grpc/reflection/v1/reflection.proto');

const detailsOf = ({ metadata }: ServiceError) =>
  decodeErrorDetails(metadata.get('grpc-status-details-bin')[0] as Buffer);

describe('a gRPC service', () => {
  let service: RunningService;
  let echo: EchoClient;
  let health: EchoClient;
  let stopped: Promise<boolean> | undefined;
  let unready: string | undefined;

  beforeAll(async () => {
    service = await startEcho();
    service.context.health.addReadiness('a part', () => {
      if (unready !== undefined) throw new Error(unready);
    });
    const address = `127.0.0.1:${service.ports.grpc}`;
    echo = echoClient(address);
    health = clientOf(healthProto, HEALTH_SERVICE, address);
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
    expect(detailsOf(error as ServiceError)).toEqual({
      info: {
        reason: 'signing-refused',
        domain: 'touchstone.dev',
        metadata: {
          retryable: 'false',
          legacyCode: 'REFUSED',
          traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
        },
      },
    });
  });

  it.each([GRPC_FINDINGS_MAX, GRPC_FINDINGS_MAX + 1])(
    'says of %i findings at most GRPC_FINDINGS_MAX, and when to come again',
    async (count) => {
      const request = { text: 'findings', bigNumber: String(count) };
      const error = await call(echo, 'Echo', request).catch((caught: ServiceError) => caught);
      const { findings, retryAfterSeconds } = detailsOf(error as ServiceError) ?? {};
      expect(findings).toHaveLength(GRPC_FINDINGS_MAX);
      expect(findings?.[1]).toEqual({ pointer: '/1', detail: 'is wrong' });
      expect(retryAfterSeconds).toBe(2);
    },
  );

  it('gives a handler the bytes of its message as they came, also those of a field that it does not know', async () => {
    const bytes = Buffer.from('0a056279746573' + '7a0161', 'hex');
    const identity = (value: Buffer) => value;
    const answer = await new Promise<Buffer>((resolve, reject) => {
      echo.makeUnaryRequest(
        `/${ECHO_SERVICE}/Echo`,
        identity,
        identity,
        bytes,
        new Metadata(),
        (error, value) => (error ? reject(error) : resolve(value as Buffer)),
      );
    });
    expect(answer.toString()).toContain(bytes.toString('hex'));
  });

  it('sends trailing metadata with an answer, and beside the details of an error', async () => {
    const seen: Metadata[] = [];
    await call(echo, 'Echo', { text: 'trailer' }, new Metadata(), (trailers) => seen.push(trailers));
    const failed = call(echo, 'Echo', { text: 'trailer and refuse' }).catch((caught: ServiceError) => caught);
    const { metadata } = (await failed) as ServiceError;
    for (const trailers of [seen[0], metadata]) expect(trailers?.get('a-trailer')).toEqual(['its value']);
    expect(decodeErrorDetails(metadata.get('grpc-status-details-bin')[0] as Buffer)?.info.reason).toBe(
      'conflict',
    );
  });

  it('describes its services by reflection', async () => {
    const client = clientOf(
      reflectionProto,
      'grpc.reflection.v1.ServerReflection',
      `127.0.0.1:${service.ports.grpc}`,
    );
    const stream = (
      client as unknown as { ServerReflectionInfo(): NodeJS.ReadWriteStream }
    ).ServerReflectionInfo();
    const answer = new Promise((resolve, reject) => stream.once('data', resolve).once('error', reject));
    (stream as unknown as { write(message: object): void }).write({ listServices: '' });
    expect(await answer).toMatchObject({ listServicesResponse: { service: [{ name: ECHO_SERVICE }] } });
    stream.end();
    client.close();
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

  it('serves grpc.health.v1, for the server and for the service, while it is ready and until it shuts down', async () => {
    const named = { service: ECHO_SERVICE };
    const becomes = (expected: string) =>
      waitUntil(async () => {
        const answers = await Promise.all(
          [{}, named].map((what) => call<{ status: string }>(health, 'Check', what)),
        );
        return answers.every((answer) => answer.status === expected);
      });
    await becomes('SERVING');
    await expect(call(health, 'Check', { service: 'other' })).rejects.toMatchObject({
      code: status.NOT_FOUND,
    });
    unready = 'The part is away.';
    await becomes('NOT_SERVING');
    unready = undefined;
    await becomes('SERVING');
    service.context.health.startDraining();
    expect(await call(health, 'Check', named)).toMatchObject({ status: 'NOT_SERVING' });
  });

  it('refuses calls once it is shut down', async () => {
    stopped = service.stop();
    expect(await stopped).toBe(true);
    await expect(call(echo, 'Echo', { text: 'a' })).rejects.toMatchObject({ code: status.UNAVAILABLE });
  });
});
