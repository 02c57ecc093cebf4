import { describe, expect, it } from '@jest/globals';
import { describeConfig, loadConfig } from '@touchstone/platform/config';
import { configSchema } from './config.js';

const env = { DATABASE_URL: 'postgresql://u:p@127.0.0.1/db' };
const load = (change: Record<string, string>) =>
  loadConfig({ schema: configSchema, env: { ...env, ...change } });

describe('the configuration', () => {
  it('listens on the port that hosts already know, and waits for five heartbeats (R-NODE-1)', () => {
    expect(load({})).toMatchObject({
      TOUCHSTONE_HTTP_PORT: 8787,
      TOUCHSTONE_STALE_AFTER_MS: 50_000,
      TOUCHSTONE_NODES_MAX: 10_000,
    });
  });

  it('documents every key', () => {
    expect(describeConfig(configSchema).filter(({ doc }) => doc === '')).toEqual([]);
  });

  it.each([
    ['TOUCHSTONE_STALE_AFTER_MS', '1000'],
    ['TOUCHSTONE_STALE_AFTER_MS', '86400000'],
    ['TOUCHSTONE_NODES_MAX', '1'],
    ['TOUCHSTONE_NODES_MAX', '1000000'],
  ])('takes %s=%s', (name, value) => {
    expect(load({ [name]: value })).toMatchObject({ [name]: Number(value) });
  });

  it.each([
    ['TOUCHSTONE_STALE_AFTER_MS', '999'],
    ['TOUCHSTONE_STALE_AFTER_MS', '86400001'],
    ['TOUCHSTONE_STALE_AFTER_MS', '50s'],
    ['TOUCHSTONE_NODES_MAX', '0'],
    ['TOUCHSTONE_NODES_MAX', '1000001'],
    ['TOUCHSTONE_STALE_AFTER', '1000'],
  ])('refuses %s=%s', (name, value) => {
    expect(() => load({ [name]: value })).toThrow(name);
  });
});
