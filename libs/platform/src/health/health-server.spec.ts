import { afterEach, describe, expect, it } from '@jest/globals';
import { Counter, Gauge, Registry } from 'prom-client';
import { HealthRegistry } from './health-registry.js';
import { startHealthServer, type HealthServer } from './health-server.js';

describe('the health server', () => {
  let server: HealthServer | undefined;
  afterEach(() => server?.close());

  const start = async (health: HealthRegistry, metrics = new Registry()) => {
    server = await startHealthServer({ host: '127.0.0.1', port: 0, health, metrics });
    return (path: string, init: RequestInit = {}) => fetch(`http://127.0.0.1:${server?.port}${path}`, init);
  };

  it('is alive and ready when no check objects', async () => {
    const get = await start(new HealthRegistry());
    expect((await get('/livez')).status).toBe(200);
    expect((await get('/readyz')).status).toBe(200);
  });

  it('is not ready while a check fails, names it, and hides credentials in its reason', async () => {
    const health = new HealthRegistry();
    let broken = true;
    health.addReadiness('postgres', () => {
      if (broken) throw new Error('no answer from postgresql://signer:hunter2@db');
    });
    const get = await start(health);
    expect((await get('/readyz')).status).toBe(503);
    expect((await get('/livez')).status).toBe(200);
    const verbose = await get('/readyz?verbose');
    const text = await verbose.text();
    expect(text).not.toContain('hunter2');
    expect(JSON.parse(text)).toMatchObject({
      ready: false,
      draining: false,
      checks: [{ name: 'postgres', ok: false }],
    });
    broken = false;
    expect((await get('/readyz')).status).toBe(200);
  });

  it('counts a check that does not answer as failed and aborts it', async () => {
    const health = new HealthRegistry();
    let aborted = false;
    health.addReadiness(
      'slow',
      (signal) =>
        new Promise(() => {
          signal.addEventListener('abort', () => {
            aborted = true;
          });
        }),
      { timeoutMs: 20 },
    );
    const get = await start(health);
    expect(await (await get('/readyz?verbose')).json()).toMatchObject({
      checks: [{ name: 'slow', ok: false, detail: 'no answer within 20 ms' }],
    });
    expect(aborted).toBe(true);
  });

  it('is not ready for good once draining began, though alive', async () => {
    const health = new HealthRegistry();
    const get = await start(health);
    health.startDraining();
    expect((await get('/readyz')).status).toBe(503);
    expect((await get('/livez')).status).toBe(200);
  });

  it('serves the metrics of its registry', async () => {
    const metrics = new Registry();
    new Counter({ name: 'things_total', help: 'Things.', registers: [metrics] }).inc(2);
    const get = await start(new HealthRegistry(), metrics);
    expect(await (await get('/metrics')).text()).toContain('things_total 2');
  });

  it.each([
    ['/', 'GET', 404, 'not-found'],
    ['/metricsx', 'GET', 404, 'not-found'],
    ['/nothing', 'POST', 404, 'not-found'],
    ['/livez', 'POST', 405, 'method-not-allowed'],
    ['/metrics', 'DELETE', 405, 'method-not-allowed'],
  ])('answers %s %s with the problem %i %s', async (path, method, status, code) => {
    const get = await start(new HealthRegistry());
    const response = await get(path, { method });
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(response.headers.get('allow')).toBe(status === 405 ? 'GET, HEAD, OPTIONS' : null);
    expect(await response.json()).toMatchObject({ status, code });
  });

  it('answers OPTIONS, and HEAD without a body', async () => {
    const get = await start(new HealthRegistry());
    const options = await get('/readyz', { method: 'OPTIONS' });
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS']);
    const head = await get('/readyz', { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  it('hides why the metrics cannot be read', async () => {
    const metrics = new Registry();
    new Gauge({
      name: 'broken',
      help: 'Breaks.',
      registers: [metrics],
      collect: () => {
        throw new Error('a secret of the inside');
      },
    });
    const get = await start(new HealthRegistry(), metrics);
    const response = await get('/metrics');
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('secret of the inside');
  });

  it('refuses two checks of one name and a port that is taken', async () => {
    const health = new HealthRegistry();
    health.addReadiness('a', () => undefined);
    expect(() => health.addReadiness('a', () => undefined)).toThrow('exists already');
    await start(health);
    await expect(
      startHealthServer({ host: '127.0.0.1', port: server?.port ?? 0, health, metrics: new Registry() }),
    ).rejects.toThrow('EADDRINUSE');
  });
});
