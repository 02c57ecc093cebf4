import { describe, expect, it } from '@jest/globals';
import { describeConfig, loadConfig } from '@touchstone/platform/config';
import { configSchema, flipRulesOf } from './config.js';
import { SELECTED_NODES_MAX } from '@touchstone/contracts/http/attestation-hub';
import { DEFAULT_ZONE, ZONES_MAX } from './domain/zones.js';
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
        new RegExp(`: ${name}: is set to another value than SHERATAN_${name}`),
      );
      expect(Object.values(rules(both('5')))).toContain(name.endsWith('SEC') ? 5_000 : 5);
    },
  );
});

describe('the zones of nodes (R-NODE-7)', () => {
  const zones = (value: unknown) =>
    load({ TOUCHSTONE_NODE_ZONES: JSON.stringify(value) }).TOUCHSTONE_NODE_ZONES;
  const names = (count: number) => Array.from({ length: count }, (_, index) => `n-${index}`);

  it('are none by default, and observe what they are given', () => {
    expect(load({}).TOUCHSTONE_NODE_ZONES).toEqual([]);
    expect(zones([{ zone: 'edge', prefix: 'edge-' }])).toEqual([
      { zone: 'edge', prefix: 'edge-', mode: 'observe', rules: DEFAULT_ZONE.rules },
    ]);
  });

  it('are ZONES_MAX at most, of SELECTED_NODES_MAX names each', () => {
    const many = (count: number) => names(count).map((zone) => ({ zone, prefix: zone }));
    expect(zones(many(ZONES_MAX))).toHaveLength(ZONES_MAX);
    expect(() => zones(many(ZONES_MAX + 1))).toThrow('TOUCHSTONE_NODE_ZONES');
    expect(zones([{ zone: 'a', nodes: names(SELECTED_NODES_MAX) }])).toHaveLength(1);
    expect(() => zones([{ zone: 'a', nodes: names(SELECTED_NODES_MAX + 1) }])).toThrow('/0/nodes');
  });

  it.each([
    [
      [
        { zone: 'a', prefix: 'x' },
        { zone: 'a', prefix: 'y' },
      ],
      'two zones of one name',
    ],
    [[{ zone: 'a' }], 'either prefix or nodes'],
    [[{ zone: 'a', prefix: 'x', nodes: ['y'] }], 'either prefix or nodes'],
    [[{ zone: 'A b', prefix: 'x' }], '/0/zone'],
    [[{ zone: 'a', prefix: 'x', mode: 'block' }], '/0/mode'],
    [[{ zone: 'a', prefix: 'x', rules: ['OK'] }], '/0/rules/0'],
    [[{ zone: 'a', nodes: [] }], '/0/nodes'],
    [[{ zone: 'a', prefix: 'x y' }], '/0/prefix'],
  ])('are refused with %j', (value, place) => {
    expect(() => zones(value)).toThrow(place);
  });
});
