import { describe, expect, it } from '@jest/globals';
import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { silentLogger } from '../logging/logger.js';
import { Shutdown, shutdownPhases } from './shutdown.js';
import { exitOnSignals, type ProcessHost } from './signals.js';

const tick = (ms = 5) => new Promise((resolve) => setTimeout(resolve, ms));

describe('the shutdown', () => {
  it('runs the phases in order, whatever the order of adding, and each after the one before ended', async () => {
    const shutdown = new Shutdown(silentLogger(), 1_000);
    const order: string[] = [];
    for (const phase of [...shutdownPhases].reverse())
      shutdown.add(phase, phase, async () => {
        await tick(2);
        order.push(phase);
      });
    expect(await shutdown.run('test')).toBe(true);
    expect(order).toEqual([...shutdownPhases]);
  });

  it('runs once, however often it is called', async () => {
    const shutdown = new Shutdown(silentLogger(), 1_000);
    let count = 0;
    shutdown.add('nats', 'count', () => {
      count += 1;
    });
    await Promise.all([shutdown.run('a'), shutdown.run('b')]);
    expect(count).toBe(1);
  });

  it('goes on after a step that fails and says that it was not clean', async () => {
    const shutdown = new Shutdown(silentLogger(), 1_000);
    let closed = false;
    shutdown.add('nats', 'broken', () => {
      throw new Error('no');
    });
    shutdown.add('database', 'close', () => {
      closed = true;
    });
    expect(await shutdown.run('test')).toBe(false);
    expect(closed).toBe(true);
  });

  it('leaves a step that takes too long, tells it, and still closes what follows', async () => {
    const shutdown = new Shutdown(silentLogger(), 30);
    let told = false;
    let closed = false;
    shutdown.add('in-flight', 'stuck', (signal) => {
      signal.addEventListener('abort', () => {
        told = true;
      });
      return new Promise(() => undefined);
    });
    shutdown.add('database', 'close', () => {
      closed = true;
    });
    expect(await shutdown.run('test')).toBe(false);
    expect([told, closed]).toEqual([true, true]);
  });
});

describe('the drain delay', () => {
  const draining = (drainMs: number) => {
    const shutdown = new Shutdown(silentLogger(), 1_000);
    const order: string[] = [];
    for (const phase of shutdownPhases) shutdown.add(phase, phase, () => void order.push(phase));
    shutdown.drainFor(drainMs);
    return { shutdown, order };
  };

  it('lies between readiness and all other phases', async () => {
    const { shutdown, order } = draining(60);
    const startedMs = performance.now();
    const stopped = shutdown.run('test', { drain: true });
    await tick(30);
    expect(order).toEqual(['readiness']);
    expect(await stopped).toBe(true);
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(59);
    expect(order).toEqual([...shutdownPhases]);
  });

  it('takes nothing of the budget', async () => {
    const shutdown = new Shutdown(silentLogger(), 40);
    shutdown.drainFor(80);
    shutdown.add('in-flight', 'work', () => tick(10) as Promise<void>);
    expect(await shutdown.run('test', { drain: true })).toBe(true);
  });

  it('is left out where nobody asks for it', async () => {
    const { shutdown } = draining(60_000);
    expect(await shutdown.run('test')).toBe(true);
  });

  it('can be ended, once', async () => {
    const { shutdown, order } = draining(60_000);
    expect(shutdown.endDrain()).toBe(false);
    const stopped = shutdown.run('test', { drain: true });
    await tick();
    expect(shutdown.endDrain()).toBe(true);
    expect(await stopped).toBe(true);
    expect(order).toEqual([...shutdownPhases]);
    expect(shutdown.endDrain()).toBe(false);
  });
});

/** Waits for the first exit, however busy the machine is; a host that never ends is the test's own time-out. */
async function exited(host: FakeHost): Promise<void> {
  while (host.exits.length === 0) await tick(1);
}

class FakeHost extends EventEmitter {
  readonly stdin = new PassThrough();
  readonly exits: number[] = [];
  constructor(readonly env: Record<string, string> = {}) {
    super();
  }
  exit(code: number): void {
    this.exits.push(code);
  }
}

describe('signals', () => {
  const start = (host: FakeHost, step: () => Promise<void> | void = () => undefined, drainMs = 0) => {
    const shutdown = new Shutdown(silentLogger(), 1_000);
    shutdown.drainFor(drainMs);
    shutdown.add('nats', 'step', step);
    exitOnSignals(host as ProcessHost, shutdown);
    return shutdown;
  };

  it.each(['SIGTERM', 'SIGINT'])('%s ends the process with 0 after the shutdown', async (signal) => {
    const host = new FakeHost();
    start(host, () => tick(5) as Promise<void>);
    host.emit(signal);
    expect(host.exits).toEqual([]);
    await exited(host);
    expect(host.exits).toEqual([0]);
  });

  it('exits with 1 when the shutdown was not clean', async () => {
    const host = new FakeHost();
    start(host, () => Promise.reject(new Error('no')));
    host.emit('SIGTERM');
    await exited(host);
    expect(host.exits).toEqual([1]);
  });

  it('a second signal exits at once with 1', () => {
    const host = new FakeHost();
    start(host, () => new Promise(() => undefined));
    host.emit('SIGTERM');
    host.emit('SIGINT');
    expect(host.exits).toEqual([1]);
  });

  it.each(['SIGTERM', 'SIGINT'])(
    '%s during the drain delay ends the delay, and the exit is clean',
    async (second) => {
      const host = new FakeHost();
      start(host, undefined, 60_000);
      host.emit('SIGTERM');
      await tick();
      expect(host.exits).toEqual([]);
      host.emit(second);
      await exited(host);
      expect(host.exits).toEqual([0]);
    },
  );

  it('a third signal exits at once with 1', async () => {
    const host = new FakeHost();
    start(host, () => new Promise(() => undefined), 60_000);
    host.emit('SIGTERM');
    await tick();
    host.emit('SIGTERM');
    await tick();
    host.emit('SIGTERM');
    expect(host.exits).toEqual([1]);
  });

  it('SIGINT waits for no load balancer', async () => {
    const host = new FakeHost();
    start(host, undefined, 60_000);
    host.emit('SIGINT');
    await exited(host);
    expect(host.exits).toEqual([0]);
  });

  it('a launcher that lets go of standard input waits for no load balancer either, nor for a delay that runs', async () => {
    for (const signals of [[], ['SIGTERM']]) {
      const host = new FakeHost({ TOUCHSTONE_EXIT_WITH_STDIN: '1' });
      start(host, undefined, 60_000);
      for (const signal of signals) host.emit(signal);
      await tick();
      host.stdin.end();
      await exited(host);
      expect(host.exits).toEqual([0]);
    }
  });

  it('ends when standard input closes, if the launcher asked for that', async () => {
    const host = new FakeHost({ TOUCHSTONE_EXIT_WITH_STDIN: '1' });
    start(host);
    host.stdin.end();
    await exited(host);
    expect(host.exits).toEqual([0]);
  });

  it('does not mind standard input otherwise', async () => {
    const host = new FakeHost();
    start(host);
    host.stdin.end();
    await tick(20);
    expect(host.exits).toEqual([]);
  });
});
