import { describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { HealthRegistry } from './health-registry.js';
import { addReadinessFigures } from './readiness-metrics.js';

describe('figures of readiness', () => {
  it('say what the checks say at the time of the scrape', async () => {
    const registry = new Registry();
    const health = new HealthRegistry();
    addReadinessFigures(registry, health);
    const figures = async () =>
      (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(await figures()).toEqual(['touchstone_ready 1']);
    let isThere = false;
    let runs = 0;
    health.addReadiness('postgres', () => {
      runs += 1;
      if (!isThere) throw new Error('away');
    });
    health.addReadiness('nats', () => undefined);
    expect(await figures()).toEqual([
      'touchstone_ready 0',
      'touchstone_readiness_check_passed{check="postgres"} 0',
      'touchstone_readiness_check_passed{check="nats"} 1',
    ]);
    expect(runs).toBe(1);
    isThere = true;
    expect(await figures()).toContain('touchstone_readiness_check_passed{check="postgres"} 1');
    expect(await figures()).toContain('touchstone_ready 1');
    health.startDraining();
    expect(await figures()).toContain('touchstone_ready 0');
  });
});
