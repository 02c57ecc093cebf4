import { describe, expect, it } from '@jest/globals';
import { describeConfig, loadConfig } from '@touchstone/platform/config';
import { configSchema, flipRulesOf } from './config.js';
import { FLIP_THRESHOLD_MAX, FLIP_WINDOW_SEC_MAX } from './domain/flip-rules.js';

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
    ['TOUCHSTONE_AUDIT_LINES_MAX', '1'],
    ['ATTESTATION_FLIP_WINDOW_SEC', '1'],
    ['ATTESTATION_FLIP_WINDOW_SEC', String(FLIP_WINDOW_SEC_MAX)],
    ['SHERATAN_ATTESTATION_FLIP_THRESHOLD', '2'],
    ['ATTESTATION_FLIP_THRESHOLD', String(FLIP_THRESHOLD_MAX)],
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
    ['TOUCHSTONE_AUDIT_LINES_MAX', '0'],
    ['ATTESTATION_FLIP_WINDOW_SEC', '0'],
    ['SHERATAN_ATTESTATION_FLIP_WINDOW_SEC', String(FLIP_WINDOW_SEC_MAX + 1)],
    ['SHERATAN_ATTESTATION_FLIP_THRESHOLD', '1'],
    ['ATTESTATION_FLIP_THRESHOLD', String(FLIP_THRESHOLD_MAX + 1)],
  ])('refuses %s=%s', (name, value) => {
    expect(() => load({ [name]: value })).toThrow(name);
  });
});

describe('the rules of a flip-flop (R-NODE-4)', () => {
  const rules = (change: Record<string, string>) => flipRulesOf(load(change));

  it('are two minutes and three builds in a row, or what either name of a setting says', () => {
    expect(rules({})).toEqual({ windowMs: 120_000, threshold: 3 });
    for (const prefix of ['', 'SHERATAN_'])
      expect(
        rules({
          [`${prefix}ATTESTATION_FLIP_WINDOW_SEC`]: '60',
          [`${prefix}ATTESTATION_FLIP_THRESHOLD`]: '5',
        }),
      ).toEqual({ windowMs: 60_000, threshold: 5 });
  });

  it.each(['ATTESTATION_FLIP_WINDOW_SEC', 'ATTESTATION_FLIP_THRESHOLD'])(
    'are refused where %s and its other name differ, with both names',
    (name) => {
      const both = (value: string) => ({ [name]: '5', [`SHERATAN_${name}`]: value });
      expect(() => rules(both('6'))).toThrow(
        new RegExp(`^  ${name}: is set to another value than SHERATAN_${name}`, 'm'),
      );
      expect(Object.values(rules(both('5')))).toContain(name.endsWith('SEC') ? 5_000 : 5);
    },
  );
});
