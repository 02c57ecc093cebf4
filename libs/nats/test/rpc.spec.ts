import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AppError, type RpcRequest, type RpcResponse, type ServiceName } from '@touchstone/contracts';
import { Controller, Module, type INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { waitUntil } from '@touchstone/testing';
import {
  NatsMicroServer,
  processTracing,
  RPC_CONCURRENCY_MAX,
  RPC_TIMEOUT_MS,
  RpcClient,
  RpcHandler,
  type MeshTracing,
  type RpcContext,
} from '../src/index.js';
import { codeOf, gate, MeshHarness, RecordingMetrics } from './mesh-harness.js';

type Checkpoint = RpcRequest<'signer', 'sign-checkpoint'>;

let seen: { request: Checkpoint; context: RpcContext }[] = [];
let slow = gate();

@Controller()
class SignerController {
  @RpcHandler('signer', 'sign-checkpoint')
  async signCheckpoint(
    request: Checkpoint,
    context: RpcContext,
  ): Promise<RpcResponse<'signer', 'sign-checkpoint'>> {
    seen.push({ request, context });
    if (request.origin === 'refuse') {
      throw new AppError('checkpoint-refused', 'The tree shrank.', {
        details: [{ pointer: '/size', detail: 'less' }],
      });
    }
    if (request.origin === 'crash') throw new Error('secret of the house');
    if (request.origin === 'bad-answer') return { note: 'x'.repeat(20_000) };
    if (request.origin === 'slow') await slow.opened;
    return { note: `${request.origin} signed` };
  }
}

@Module({ controllers: [SignerController] })
class SignerModule {}

const checkpoint = (origin: string): Checkpoint => ({
  origin,
  size: '1',
  root: '00'.repeat(32),
  consistency: { fromSize: '0', proof: [] },
});

const SUBJECT = 'svc.v1.signer.sign-checkpoint.anchor-worker';

describe('RPC over the mesh', () => {
  let harness: MeshHarness;
  let app: INestMicroservice | undefined;
  let metrics: RecordingMetrics;

  beforeEach(() => {
    harness = new MeshHarness();
    metrics = new RecordingMetrics();
    seen = [];
    slow = gate();
  });
  afterEach(async () => {
    slow.open();
    await app?.close();
    app = undefined;
    await harness.close();
  });

  async function serve(
    options: { concurrencyMax?: number; tracing?: MeshTracing; drainMs?: number } = {},
  ): Promise<void> {
    const { nc } = await harness.connect('signer');
    const strategy = new NatsMicroServer({
      nc,
      service: 'signer',
      version: '0.1.0',
      logger: harness.logger,
      metrics,
      ...options,
    });
    app = await NestFactory.createMicroservice(SignerModule, { strategy, logger: false });
    await app.listen();
  }

  async function client(caller: ServiceName, tracing?: MeshTracing): Promise<RpcClient> {
    const { nc } = await harness.connect(caller);
    return new RpcClient({ nc, caller, metrics, ...(tracing ? { tracing } : {}) });
  }

  it('answers a listed caller in plain JSON and tells the handler who calls', async () => {
    await serve();
    const rpc = await client('anchor-worker');
    expect(await rpc.call('signer', 'sign-checkpoint', checkpoint('log'))).toEqual({ note: 'log signed' });
    expect(seen[0]?.context).toMatchObject({ caller: 'anchor-worker', subject: SUBJECT });
    expect(metrics.samples.map(({ name, labels }) => [name, labels['result']])).toEqual([
      ['rpcServed', 'ok'],
      ['rpcCalled', 'ok'],
    ]);
  });

  it('carries code, status, message and details of a refusal across the hop', async () => {
    await serve();
    const rpc = await client('anchor-worker');
    await expect(rpc.call('signer', 'sign-checkpoint', checkpoint('refuse'))).rejects.toMatchObject({
      code: 'checkpoint-refused',
      status: 409,
      message: 'The tree shrank.',
      details: [{ pointer: '/size', detail: 'less' }],
    });
  });

  it('hides an unexpected error behind `internal` and logs it', async () => {
    await serve();
    const rpc = await client('anchor-worker');
    const failure = rpc.call('signer', 'sign-checkpoint', checkpoint('crash'));
    await expect(failure).rejects.toMatchObject({ code: 'internal' });
    await expect(failure).rejects.not.toMatchObject({ message: expect.stringContaining('secret') });
    expect(harness.logger.lines).toContainEqual(
      expect.objectContaining({ level: 'error', message: 'an RPC failed' }),
    );
  });

  it('does not send an answer that breaks its own schema', async () => {
    await serve();
    const rpc = await client('anchor-worker');
    expect(await codeOf(rpc.call('signer', 'sign-checkpoint', checkpoint('bad-answer')))).toBe('internal');
  });

  it.each([
    ['text that is no JSON', '{"origin":', 'malformed-json', '400'],
    ['an empty body', '', 'malformed-json', '400'],
    ['ill-formed UTF-8', Uint8Array.of(0x22, 0xff, 0x22), 'malformed-json', '400'],
    ['a byte order mark', '\ufeff{}', 'malformed-json', '400'],
    ['an unknown member', JSON.stringify({ ...checkpoint('log'), extra: 1 }), 'validation-failed', '422'],
    ['an array', '[]', 'validation-failed', '422'],
  ])('answers %s with an error instead of silence', async (_name, body, code, status) => {
    await serve();
    const { nc } = await harness.connect('anchor-worker');
    const reply = await nc.request(SUBJECT, body, { timeout: 2_000 });
    expect(reply.headers?.get('Nats-Service-Error')).toBe(code);
    expect(reply.headers?.get('Nats-Service-Error-Code')).toBe(status);
    expect(reply.json()).toMatchObject({ code, status: Number(status) });
    expect(seen).toEqual([]);
  });

  it('refuses a request that does not fit before it is sent', async () => {
    const rpc = await client('anchor-worker');
    const bad = { ...checkpoint('log'), root: 'zz' };
    await expect(rpc.call('signer', 'sign-checkpoint', bad)).rejects.toMatchObject({
      code: 'validation-failed',
      details: [{ pointer: '/root' }],
    });
  });

  it('tells a caller that is not listed at once that it is forbidden', async () => {
    await serve();
    const rpc = await client('proof-service');
    const startedAt = performance.now();
    const failure = rpc.call('signer', 'sign-checkpoint', checkpoint('log'), { timeoutMs: 5_000 });
    await expect(failure).rejects.toMatchObject({
      code: 'forbidden',
      message: expect.stringContaining('sign-checkpoint'),
    });
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expect(seen).toEqual([]);
  });

  it('does not let a service speak in the name of another', async () => {
    await serve();
    const { nc } = await harness.connect('inference-gateway');
    const forged = new RpcClient({ nc, caller: 'anchor-worker' });
    expect(await codeOf(forged.call('signer', 'sign-checkpoint', checkpoint('log')))).toBe('forbidden');
    expect(seen).toEqual([]);
  });

  it('does not answer outside of the inbox of the caller', async () => {
    await serve();
    const { nc } = await harness.connect('anchor-worker');
    nc.publish(SUBJECT, JSON.stringify(checkpoint('log')), { reply: 'evt.v1.signing.key-set.changed' });
    await waitUntil(() => harness.logger.lines.some(({ message }) => message.includes('cannot be believed')));
    expect(seen).toEqual([]);
  });

  it('does not let a service read the inbox of another', async () => {
    const { nc } = await harness.connect('inference-gateway');
    const refused = new Promise<Error | null>((resolve) => {
      nc.subscribe('_INBOX_anchor-worker.>', { callback: (error) => resolve(error) });
    });
    await expect(refused).resolves.toMatchObject({ name: 'PermissionViolationError' });
  });

  it('says that nobody answers when no replica listens', async () => {
    const rpc = await client('anchor-worker');
    const failure = rpc.call('signer', 'sign-checkpoint', checkpoint('log'));
    await expect(failure).rejects.toMatchObject({ code: 'dependency-unavailable', retryable: true });
  });

  it.each([
    [200, { timeoutMs: 200 }],
    [RPC_TIMEOUT_MS, {}],
  ])(
    'gives up after %d ms',
    async (mostMs, options) => {
      await serve();
      const rpc = await client('anchor-worker');
      const startedMs = performance.now();
      expect(await codeOf(rpc.call('signer', 'sign-checkpoint', checkpoint('slow'), options))).toBe(
        'timeout',
      );
      expect(performance.now() - startedMs).toBeGreaterThan(mostMs - 20);
    },
    20_000,
  );

  it('waits until just before its time is over, and takes no answer that comes after it', async () => {
    await serve();
    const rpc = await client('anchor-worker');
    const timeoutMs = 600;
    const asked = rpc.call('signer', 'sign-checkpoint', checkpoint('slow'), { timeoutMs });
    await new Promise((resolve) => setTimeout(resolve, timeoutMs / 2));
    slow.open();
    expect(await asked).toEqual({ note: 'slow signed' });
    slow = gate();
    const late = rpc.call('signer', 'sign-checkpoint', checkpoint('slow'), { timeoutMs: 50 });
    expect(await codeOf(late)).toBe('timeout');
    slow.open();
    expect(await rpc.call('signer', 'sign-checkpoint', checkpoint('log'))).toEqual({ note: 'log signed' });
  });

  it.each([
    [2, { concurrencyMax: 2 }],
    [RPC_CONCURRENCY_MAX, {}],
  ])('runs %d requests and refuses the next as queue-full', async (most, options) => {
    await serve(options);
    const rpc = await client('anchor-worker');
    const held = Array.from({ length: most }, () =>
      rpc.call('signer', 'sign-checkpoint', checkpoint('slow')),
    );
    await waitUntil(() => seen.length === most);
    expect(await codeOf(rpc.call('signer', 'sign-checkpoint', checkpoint('slow')))).toBe('queue-full');
    slow.open();
    expect(await Promise.all(held)).toHaveLength(most);
    expect(await codeOf(rpc.call('signer', 'sign-checkpoint', checkpoint('log')))).toBe('resolved');
  });

  it('finishes requests in flight on close and takes no new ones', async () => {
    await serve();
    const rpc = await client('anchor-worker');
    const held = rpc.call('signer', 'sign-checkpoint', checkpoint('slow'));
    await waitUntil(() => seen.length === 1);
    const closing = app?.close();
    app = undefined;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await codeOf(rpc.call('signer', 'sign-checkpoint', checkpoint('log')))).toBe(
      'dependency-unavailable',
    );
    slow.open();
    await closing;
    expect(await held).toEqual({ note: 'slow signed' });
  });

  it('stops waiting for requests in flight when the budget is used up', async () => {
    await serve({ drainMs: 100 });
    const rpc = await client('anchor-worker');
    const held = codeOf(rpc.call('signer', 'sign-checkpoint', checkpoint('slow'), { timeoutMs: 1_000 }));
    await waitUntil(() => seen.length === 1);
    const startedAt = performance.now();
    await app?.close();
    app = undefined;
    expect(performance.now() - startedAt).toBeLessThan(900);
    slow.open();
    await held;
  });

  it('continues the trace of the caller', async () => {
    const carried: (string | undefined)[] = [];
    await serve({
      tracing: {
        ...processTracing,
        inject: () => undefined,
        runWithRemote: (carrier, _name, work) => {
          carried.push(carrier['traceparent']);
          return work();
        },
        currentTraceId: () => undefined,
      },
    });
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const rpc = await client('anchor-worker', {
      ...processTracing,
      inject: (carrier) => void (carrier['traceparent'] = traceparent),
      runWithRemote: (_carrier, _name, work) => work(),
      currentTraceId: () => undefined,
    });
    await rpc.call('signer', 'sign-checkpoint', checkpoint('log'));
    expect(carried).toEqual([traceparent]);
  });

  it('is found by service discovery', async () => {
    await serve();
    const { nc } = await harness.connect('operator');
    const info = (await nc.request('$SRV.INFO.signer', '', { timeout: 2_000 })).json<{
      endpoints: unknown[];
    }>();
    expect(info.endpoints).toEqual([
      expect.objectContaining({
        name: 'sign-checkpoint',
        queue_group: 'signer',
        subject: 'svc.v1.signer.sign-checkpoint.*',
      }),
    ]);
  });

  it('fails the start when the server refuses the subjects', async () => {
    const { nc } = await harness.connect('proof-service');
    const strategy = new NatsMicroServer({ nc, service: 'signer', version: '0.1.0', logger: harness.logger });
    app = await NestFactory.createMicroservice(SignerModule, {
      strategy,
      logger: false,
      abortOnError: false,
    });
    await expect(app.listen()).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('fails the start when a handler belongs to another service', async () => {
    const { nc } = await harness.connect('payment-verifier');
    const strategy = new NatsMicroServer({
      nc,
      service: 'payment-verifier',
      version: '0.1.0',
      logger: harness.logger,
    });
    app = await NestFactory.createMicroservice(SignerModule, {
      strategy,
      logger: false,
      abortOnError: false,
    });
    await expect(app.listen()).rejects.toMatchObject({ code: 'config-invalid' });
  });
});
