import { describe, expect, it, jest } from '@jest/globals';
import { AppError } from '@touchstone/contracts';
import { HealthRegistry } from '../health/health-registry.js';
import { silentLogger } from '../logging/logger.js';
import { awaitDependency, DEPENDENCY_RETRY_MS } from './await-dependency.js';
import { Shutdown } from './shutdown.js';

const away = (message: string) => new AppError('dependency-unavailable', message);

function partsOf() {
  const logger = { error: jest.fn(), info: jest.fn() };
  const health = new HealthRegistry();
  return { logger, health, shutdown: new Shutdown(silentLogger(), 1_000) };
}

/** Fails with each error in turn, and then succeeds. */
function attemptsOf(...errors: readonly Error[]) {
  const left = [...errors];
  return jest.fn(() => {
    const error = left.shift();
    return error === undefined ? Promise.resolve('found') : Promise.reject(error);
  });
}

describe('waiting for what a service cannot start without', () => {
  it('says nothing and adds no check when it is there at once', async () => {
    const parts = partsOf();
    expect(await awaitDependency('thing', attemptsOf(), parts)).toBe('found');
    expect(parts.logger.error).not.toHaveBeenCalled();
    expect(parts.logger.info).not.toHaveBeenCalled();
    expect((await parts.health.readiness()).checks).toEqual([]);
  });

  it('says each reason once, is not ready for the last one, and goes on by itself', async () => {
    const parts = partsOf();
    const attempt = attemptsOf(away('first'), away('second'), away('first'));
    const started = performance.now();
    const reasons: (string | undefined)[] = [];
    const watched = async () => {
      await new Promise((resolve) => setImmediate(resolve));
      reasons.push((await parts.health.readiness()).checks[0]?.detail);
    };
    const found = await awaitDependency(
      'thing',
      () => {
        const outcome = attempt();
        outcome.catch(() => void watched());
        return outcome;
      },
      parts,
    );
    expect(found).toBe('found');
    expect(performance.now() - started).toBeGreaterThan(2.9 * DEPENDENCY_RETRY_MS);
    expect(reasons).toEqual(['first', 'second', 'first']);
    expect(parts.logger.error.mock.calls.map(([fields]) => fields)).toEqual([
      { dependency: 'thing', code: 'dependency-unavailable', reason: 'first' },
      { dependency: 'thing', code: 'dependency-unavailable', reason: 'second' },
    ]);
    expect(parts.logger.info).toHaveBeenCalledTimes(1);
    expect(await parts.health.readiness()).toMatchObject({ ready: true, checks: [] });
  });

  it.each([
    ['a refused login', new AppError('unauthenticated', 'no'), true],
    ['silence', new AppError('timeout', 'no'), true],
    ['a wrong configuration', new AppError('config-invalid', 'no'), false],
    ['a refused subject', new AppError('forbidden', 'no'), false],
    ['a fault of ours', new TypeError('no'), false],
  ])('after %s waits: %s', async (_name, error, waits) => {
    const parts = partsOf();
    const outcome = awaitDependency('thing', attemptsOf(error), parts);
    if (waits) expect(await outcome).toBe('found');
    else await expect(outcome).rejects.toBe(error);
    expect(parts.logger.error).toHaveBeenCalledTimes(waits ? 1 : 0);
    expect((await parts.health.readiness()).checks).toEqual([]);
  });

  it('ends with the service', async () => {
    const parts = partsOf();
    const error = away('first');
    const attempt = attemptsOf(error, away('second'));
    const outcome = expect(awaitDependency('thing', attempt, parts)).rejects.toBe(error);
    await new Promise((resolve) => setImmediate(resolve));
    await parts.shutdown.run('SIGTERM');
    await outcome;
    expect(attempt).toHaveBeenCalledTimes(1);
  });
});
