import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { NestFactory } from '@nestjs/core';
import { waitUntil } from '@touchstone/testing';
import { NatsMicroServer, processTracing, RpcClient } from '../src/index.js';
import { codeOf } from './mesh-harness.js';
import { calls, checkpoint, RpcWorld, SignerModule } from './rpc-world.js';

const SUBJECT = 'svc.v1.signer.sign-checkpoint.anchor-worker';

describe('RPC over the mesh', () => {
  let world: RpcWorld;
  beforeEach(() => {
    world = new RpcWorld();
  });
  afterEach(() => world.close());

  it('answers a listed caller in plain JSON and tells the handler who calls', async () => {
    await world.serve();
    const rpc = await world.client('anchor-worker');
    expect(await rpc.call('signer', 'sign-checkpoint', checkpoint('log'))).toEqual({ note: 'log signed' });
    expect(calls.seen[0]?.context).toMatchObject({ caller: 'anchor-worker', subject: SUBJECT });
    expect(world.metrics.samples.map(({ name, labels }) => [name, labels['result']])).toEqual([
      ['rpcServed', 'ok'],
      ['rpcCalled', 'ok'],
    ]);
  });

  it('carries code, status, message and details of a refusal across the hop', async () => {
    await world.serve();
    const rpc = await world.client('anchor-worker');
    await expect(rpc.call('signer', 'sign-checkpoint', checkpoint('refuse'))).rejects.toMatchObject({
      code: 'checkpoint-refused',
      status: 409,
      message: 'The tree shrank.',
      details: [{ pointer: '/size', detail: 'less' }],
    });
  });

  it('hides an unexpected error behind `internal` and logs it', async () => {
    await world.serve();
    const rpc = await world.client('anchor-worker');
    const failure = rpc.call('signer', 'sign-checkpoint', checkpoint('crash'));
    await expect(failure).rejects.toMatchObject({ code: 'internal' });
    await expect(failure).rejects.not.toMatchObject({ message: expect.stringContaining('secret') });
    expect(world.harness.logger.lines).toContainEqual(
      expect.objectContaining({ level: 'error', message: 'an RPC failed' }),
    );
  });

  it('does not send an answer that breaks its own schema', async () => {
    await world.serve();
    const rpc = await world.client('anchor-worker');
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
    await world.serve();
    const { nc } = await world.harness.connect('anchor-worker');
    const reply = await nc.request(SUBJECT, body, { timeout: 2_000 });
    expect(reply.headers?.get('Nats-Service-Error')).toBe(code);
    expect(reply.headers?.get('Nats-Service-Error-Code')).toBe(status);
    expect(reply.json()).toMatchObject({ code, status: Number(status) });
    expect(calls.seen).toEqual([]);
  });

  it('refuses a request that does not fit before it is sent', async () => {
    const rpc = await world.client('anchor-worker');
    const bad = { ...checkpoint('log'), root: 'zz' };
    await expect(rpc.call('signer', 'sign-checkpoint', bad)).rejects.toMatchObject({
      code: 'validation-failed',
      details: [{ pointer: '/root' }],
    });
  });

  it('tells a caller that is not listed at once that it is forbidden', async () => {
    await world.serve();
    const rpc = await world.client('proof-service');
    // Whoever waited for its time to be over would be told of a time-out, long after this test has ended.
    const failure = rpc.call('signer', 'sign-checkpoint', checkpoint('log'), { timeoutMs: 60_000 });
    await expect(failure).rejects.toMatchObject({
      code: 'forbidden',
      message: expect.stringContaining('sign-checkpoint'),
    });
    expect(calls.seen).toEqual([]);
  });

  it('does not let a service speak in the name of another', async () => {
    await world.serve();
    const { nc } = await world.harness.connect('inference-gateway');
    const forged = new RpcClient({ nc, caller: 'anchor-worker' });
    expect(await codeOf(forged.call('signer', 'sign-checkpoint', checkpoint('log')))).toBe('forbidden');
    expect(calls.seen).toEqual([]);
  });

  it('does not answer outside of the inbox of the caller', async () => {
    await world.serve();
    const { nc } = await world.harness.connect('anchor-worker');
    nc.publish(SUBJECT, JSON.stringify(checkpoint('log')), { reply: 'evt.v1.signing.key-set.changed' });
    await waitUntil(() =>
      world.harness.logger.lines.some(({ message }) => message.includes('cannot be believed')),
    );
    expect(calls.seen).toEqual([]);
  });

  it('does not let a service read the inbox of another', async () => {
    const { nc } = await world.harness.connect('inference-gateway');
    const refused = new Promise<Error | null>((resolve) => {
      nc.subscribe('_INBOX_anchor-worker.>', { callback: (error) => resolve(error) });
    });
    await expect(refused).resolves.toMatchObject({ name: 'PermissionViolationError' });
  });

  it('says that nobody answers when no replica listens', async () => {
    const rpc = await world.client('anchor-worker');
    const failure = rpc.call('signer', 'sign-checkpoint', checkpoint('log'));
    await expect(failure).rejects.toMatchObject({ code: 'dependency-unavailable', retryable: true });
  });

  it('continues the trace of the caller', async () => {
    const carried: (string | undefined)[] = [];
    await world.serve({
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
    const rpc = await world.client('anchor-worker', {
      ...processTracing,
      inject: (carrier) => void (carrier['traceparent'] = traceparent),
      runWithRemote: (_carrier, _name, work) => work(),
      currentTraceId: () => undefined,
    });
    await rpc.call('signer', 'sign-checkpoint', checkpoint('log'));
    expect(carried).toEqual([traceparent]);
  });

  it('is found by service discovery', async () => {
    await world.serve();
    const { nc } = await world.harness.connect('operator');
    const info = (await nc.request('$SRV.INFO.signer', '', { timeout: 2_000 })).json<{
      endpoints: unknown[];
    }>();
    expect(info.endpoints).toEqual([
      expect.objectContaining({
        name: 'sign-checkpoint',
        queue_group: 'signer',
        subject: 'svc.v1.signer.sign-checkpoint.>',
      }),
    ]);
  });

  it('fails the start when the server refuses the subjects', async () => {
    const { nc } = await world.harness.connect('proof-service');
    const strategy = new NatsMicroServer({
      nc,
      service: 'signer',
      version: '0.1.0',
      logger: world.harness.logger,
    });
    world.app = await NestFactory.createMicroservice(SignerModule, {
      strategy,
      logger: false,
      abortOnError: false,
    });
    await expect(world.app.listen()).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('fails the start when a handler belongs to another service', async () => {
    const { nc } = await world.harness.connect('payment-verifier');
    const strategy = new NatsMicroServer({
      nc,
      service: 'payment-verifier',
      version: '0.1.0',
      logger: world.harness.logger,
    });
    world.app = await NestFactory.createMicroservice(SignerModule, {
      strategy,
      logger: false,
      abortOnError: false,
    });
    await expect(world.app.listen()).rejects.toMatchObject({ code: 'config-invalid' });
  });
});
