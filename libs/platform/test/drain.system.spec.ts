import { credentials, loadPackageDefinition, type Client } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { afterEach, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@touchstone/testing';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startDrainedService, type DrainedService } from './drained-service.js';
import { KeptConnection, LoadBalancer, type Outcome } from './load-balancer.js';

const CHECK_MS = 250;
const PERIOD_MS = 10;

/** Milliseconds after which something that has to happen has not. */
const PATIENCE_MS = 20_000;

/** Requests, one every {@link PERIOD_MS}, that may be written before their sender, on a busy machine, sees the end. */
const CROSSED_MAX = 8;

/** Seconds of a delay that outlasts every test: it ends by a second signal, however slow the machine is. */
const LONG_SECONDS = 300;

const counts = (outcomes: readonly Outcome[]) =>
  Object.fromEntries([...new Set(outcomes)].map((name) => [name, outcomes.filter((o) => o === name).length]));

/**
 * Stops a service under 100 requests a second, and ends its delay, if it has one, when the load balancer has noticed and
 * sent some requests elsewhere.
 */
async function stopUnderLoad(service: DrainedService, drains: boolean) {
  const balancer = new LoadBalancer(service.ports, CHECK_MS);
  const sent: Promise<void>[] = [];
  const sending = setInterval(() => sent.push(balancer.forward('/v1/work')), PERIOD_MS);
  await delay(300);
  // The worst moment: what it knows will be out of date for as long as can be.
  await balancer.nextCheck();
  service.kill('SIGTERM');
  if (drains) {
    await waitUntil(() => counts(balancer.outcomes)['elsewhere'], PATIENCE_MS, 'the load balancer to notice');
    await delay(20 * PERIOD_MS);
    service.kill('SIGTERM');
  }
  const { code } = await service.ended;
  await delay(5 * PERIOD_MS);
  clearInterval(sending);
  balancer.stop();
  await Promise.all(sent);
  return { balancer, code };
}

async function isDraining({ ports }: DrainedService): Promise<boolean> {
  return (await fetch(`http://127.0.0.1:${ports.health}/readyz`)).status === 503;
}

describe('a service that drains', () => {
  const services: DrainedService[] = [];
  afterEach(async () => {
    for (const service of services) service.kill('SIGKILL');
    await Promise.all(services.splice(0).map(({ ended }) => ended));
  });
  const start = async (drainSeconds: number) => {
    const service = await startDrainedService(drainSeconds);
    services.push(service);
    return service;
  };

  it('refuses and resets none of 100 new connections a second behind a load balancer that asks /readyz', async () => {
    const { balancer, code } = await stopUnderLoad(await start(LONG_SECONDS), true);
    const { answered, elsewhere, ...failed } = counts(balancer.outcomes);
    expect(failed).toEqual({});
    expect(answered).toBeGreaterThan(10);
    expect(elsewhere).toBeGreaterThan(5);
    expect(balancer.closing).toBeGreaterThan(0);
    expect(code).toBe(0);
  }, 30_000);

  it('has connections refused where it is told not to drain, which shows that the test above could fail', async () => {
    const { balancer } = await stopUnderLoad(await start(0), false);
    expect(counts(balancer.outcomes)).toHaveProperty('ECONNREFUSED');
  }, 30_000);

  it('resets and loses no POST on kept connections while it closes idle ones', async () => {
    const service = await start(LONG_SECONDS);
    const kept = await Promise.all(Array.from({ length: 80 }, () => KeptConnection.open(service.ports.http)));
    service.kill('SIGTERM');
    const uses: Promise<Outcome>[] = [];
    for (const [index, connection] of kept.entries()) {
      // In the midst of them the delay ends, and with it the idle connections.
      if (index === kept.length / 4) service.kill('SIGTERM');
      uses.push(connection.use());
      await delay(PERIOD_MS);
    }
    const { answered, ...others } = counts(await Promise.all(uses));
    expect(answered).toBeGreaterThan(10);
    // What was not answered had been ended before it was written, or crossed the end and was never begun.
    const { crossed = 0, 'ended before': ended, ...failed } = others;
    expect(failed).toEqual({});
    expect(crossed).toBeLessThanOrEqual(CROSSED_MAX);
    expect(ended).toBeGreaterThan(0);
    expect((await service.ended).code).toBe(0);
    expect(service.begun).toBe(kept.length + (answered ?? 0));
  }, 30_000);

  it('takes gRPC calls over new connections during the delay and finishes what is running', async () => {
    const service = await start(LONG_SECONDS);
    const definition = loadPackageDefinition(loadSync(fileURLToPath(new URL('echo.proto', import.meta.url))));
    const { EchoService } = (definition['touchstone'] as never)['echo']['v1'] as unknown as {
      EchoService: new (address: string, credentials: unknown, options: object) => Client & EchoCall;
    };
    const call = () =>
      new Promise<Outcome>((resolve) => {
        const client = new EchoService(`127.0.0.1:${service.ports.grpc}`, credentials.createInsecure(), {
          // A connection for each client.
          'grpc.use_local_subchannel_pool': 1,
        });
        client.Echo({ text: 'a' }, (error) => {
          resolve(error === null ? 'answered' : error.message);
          client.close();
        });
      });
    service.kill('SIGTERM');
    await waitUntil(() => isDraining(service));
    const early = Array.from({ length: 20 }, call);
    expect(counts(await Promise.all(early))).toEqual({ answered: early.length });
    const running = call();
    await waitUntil(() => service.begun > early.length, PATIENCE_MS, 'the last call to begin');
    service.kill('SIGTERM');
    expect(await running).toBe('answered');
    expect((await service.ended).code).toBe(0);
  }, 30_000);

  it('lasts as long as it is told to', async () => {
    const service = await start(1);
    const stoppedMs = performance.now();
    service.kill('SIGTERM');
    const { code, atMs } = await service.ended;
    expect(code).toBe(0);
    expect(atMs - stoppedMs).toBeGreaterThanOrEqual(1_000 - PERIOD_MS);
  }, 30_000);

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'ends cleanly and at once on a %s during the delay',
    async (second) => {
      const service = await start(LONG_SECONDS);
      service.kill('SIGTERM');
      await waitUntil(() => isDraining(service));
      expect((await fetch(`http://127.0.0.1:${service.ports.http}/openapi.json`)).status).toBe(200);
      service.kill(second);
      expect((await service.ended).code).toBe(0);
    },
    30_000,
  );

  it('does not keep a developer waiting who interrupts it', async () => {
    const service = await start(LONG_SECONDS);
    service.kill('SIGINT');
    expect((await service.ended).code).toBe(0);
  }, 30_000);
});

interface EchoCall {
  Echo(request: { text: string }, done: (error: Error | null) => void): void;
}
