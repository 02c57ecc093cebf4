import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '@touchstone/platform/config';
import { TOKEN_ATTACHMENTS_MAX } from '@touchstone/contracts';
import { TSA_ROOTS_MAX } from '@touchstone/evidence';
import { ANCHOR_INTERVAL_SEC_MAX, configSchema } from './config.js';
import { ANCHOR_TARGETS_MAX } from './targets/index.js';
import { ANCHOR_WAIT_MAX_MS, MIN_ENTRIES_MAX, policyOf } from './targets/members.js';
import { TSA_POLICIES_MAX } from './targets/rfc3161.js';

const required = {
  DATABASE_URL: 'postgresql://anchor:secret@127.0.0.1/touchstone',
  TOUCHSTONE_LOG_ORIGIN: 'example.com/log',
};
const load = (env: Readonly<Record<string, string>>) =>
  loadConfig({ schema: configSchema, env: { ...required, ...env } });
const evm = {
  kind: 'evm',
  network: 'eip155:8453',
  url: 'https://base.example/hunter2',
  contract: `0x${'ab'.repeat(20)}`,
};
const authority = {
  kind: 'rfc3161',
  network: 'tsa:example',
  url: 'https://tsa.example/hunter2',
  roots: ['MAA='],
  policies: ['1.2.3'],
};
const targets = (...list: object[]) => ({ TOUCHSTONE_ANCHOR_TARGETS: JSON.stringify(list) });
const advanced = { ANCHOR_MODE: 'advanced', ...targets(evm, authority) };

describe('the configuration of the anchor-worker', () => {
  it('has the defaults of R-ANCHOR-1 and anchors nothing unless told to', () => {
    expect(load({})).toMatchObject({
      ANCHOR_MODE: 'synthetic',
      ANCHOR_INTERVAL_SEC: 60,
      ANCHOR_BATCH_MAX: 1000,
    });
    expect(load({}).TOUCHSTONE_ANCHOR_TARGETS).toBeUndefined();
  });

  it('takes decimal intervals and the bounds of every limit', () => {
    expect(load({ ANCHOR_INTERVAL_SEC: '0.5' }).ANCHOR_INTERVAL_SEC).toBe(0.5);
    expect(load({ ANCHOR_INTERVAL_SEC: '0.01' }).ANCHOR_INTERVAL_SEC).toBe(0.01);
    expect(load({ ANCHOR_INTERVAL_SEC: `${ANCHOR_INTERVAL_SEC_MAX}` }).ANCHOR_INTERVAL_SEC).toBe(86_400);
    expect(load({ ANCHOR_BATCH_MAX: '5000' }).ANCHOR_BATCH_MAX).toBe(5_000);
    expect(load({ TOUCHSTONE_DATABASE_POOL_MAX: '5' }).TOUCHSTONE_DATABASE_POOL_MAX).toBe(5);
  });

  it('takes targets of every kind, with the defaults of each', () => {
    expect(load(advanced)).toMatchObject({
      ANCHOR_MODE: 'advanced',
      TOUCHSTONE_ANCHOR_TARGETS: [
        {
          ...evm,
          ...{ spacingMs: 10_000, pollMs: 2_000, stuckBlocks: 20, gasMax: 200_000 },
          feePerGasMaxWei: 100_000_000_000,
        },
        { ...authority, certificates: [], spacingMs: 10_000, timeoutMs: 10_000 },
      ],
    });
    const usual = { minEntries: 1, maxWaitMs: 3_600_000, costPerDayMax: undefined };
    expect(load(advanced).TOUCHSTONE_ANCHOR_TARGETS?.map(policyOf)).toEqual([
      { ...usual, spacingMs: 10_000 },
      { ...usual, spacingMs: 10_000 },
    ]);
    const policy = { minEntries: MIN_ENTRIES_MAX, maxWaitMs: ANCHOR_WAIT_MAX_MS };
    const limited = targets({ ...evm, ...policy, costPerDayMax: '9'.repeat(30) });
    expect(load(limited).TOUCHSTONE_ANCHOR_TARGETS?.map(policyOf)).toEqual([
      { ...policy, spacingMs: 10_000, costPerDayMax: 10n ** 30n - 1n },
    ]);
    expect(load(targets()).TOUCHSTONE_ANCHOR_TARGETS).toEqual([]);
  });

  it('takes as many targets as the limit and not one more', () => {
    const many = (count: number) =>
      targets(...Array.from({ length: count }, (_, index) => ({ ...evm, network: `eip155:${index + 1}` })));
    expect(load(many(ANCHOR_TARGETS_MAX)).TOUCHSTONE_ANCHOR_TARGETS).toHaveLength(ANCHOR_TARGETS_MAX);
    expect(() => load(many(ANCHOR_TARGETS_MAX + 1))).toThrow(
      `expected array to have <=${ANCHOR_TARGETS_MAX}`,
    );
  });

  it('takes as many roots, policies and certificates of an authority as the limits and not one more', () => {
    const members = { roots: TSA_ROOTS_MAX, policies: TSA_POLICIES_MAX, certificates: TOKEN_ATTACHMENTS_MAX };
    for (const [member, max] of Object.entries(members)) {
      const item = member === 'policies' ? '1.2.3' : 'MAA=';
      const having = (count: number) => targets({ ...authority, [member]: Array(count).fill(item) });
      expect(() => load(having(max))).not.toThrow();
      expect(() => load(having(max + 1))).toThrow(`/0/${member}`);
    }
  });

  it.each([
    ['[', /TOUCHSTONE_ANCHOR_TARGETS: Expected JSON/],
    [[{ ...evm, kind: 'bitcoin' }], /\/0\/kind: Expected an object whose kind is evm or rfc3161/],
    [[{ ...evm, network: 'bip122:000000000019d668' }], /\/0\/network: expected eip155/],
    [[authority, { ...evm, contract: `0x${'AB'.repeat(20)}` }], /\/1\/contract/],
    [[{ ...evm, url: 'base.example/hunter2' }], /\/0\/url: Expected an http or https URL/],
    [[{ ...evm, gasMax: 20_999 }], /\/0\/gasMax/],
    [[{ ...evm, spacing: 5 }], /\/0\/spacing: is not a member/],
    [[{ ...evm, minEntries: 0 }], /\/0\/minEntries/],
    [[{ ...authority, maxWaitMs: ANCHOR_WAIT_MAX_MS + 1 }], /\/0\/maxWaitMs/],
    [[{ ...evm, minEntries: MIN_ENTRIES_MAX + 1 }], /\/0\/minEntries/],
    [[{ ...evm, costPerDayMax: 5 }], /\/0\/costPerDayMax/],
    [[{ ...authority, costPerDayMax: '0' }], /\/0\/costPerDayMax: Expected a whole number above 0/],
    [[authority, evm, { ...evm, pollMs: 50 }], /\/2\/network: Expected each network once/],
    [[{ ...authority, roots: [] }], /\/0\/roots/],
    [[{ ...authority, policies: ['hunter2'] }], /\/0\/policies\/0: Expected an object identifier/],
  ])('refuses the targets %j with the place and without the value', (list, message) => {
    const text = typeof list === 'string' ? list : JSON.stringify(list);
    const attempt = () => load({ ANCHOR_MODE: 'advanced', TOUCHSTONE_ANCHOR_TARGETS: text });
    expect(attempt).toThrow(message);
    expect(attempt).not.toThrow(/hunter2/);
  });

  it.each([
    [{ ANCHOR_INTERVAL_SEC: '0' }, /ANCHOR_INTERVAL_SEC/],
    [{ ANCHOR_INTERVAL_SEC: `${ANCHOR_INTERVAL_SEC_MAX + 1}` }, /ANCHOR_INTERVAL_SEC/],
    [{ ANCHOR_INTERVAL_SEC: '1e3' }, /ANCHOR_INTERVAL_SEC/],
    [{ ANCHOR_BATCH_MAX: '0' }, /ANCHOR_BATCH_MAX/],
    [{ ANCHOR_BATCH_MAX: '5001' }, /ANCHOR_BATCH_MAX/],
    [{ TOUCHSTONE_DATABASE_POOL_MAX: '4' }, /two stages hold a connection each/],
    [{ ANCHOR_MODE: 'simulated' }, /ANCHOR_MODE/],
    [{ ANCHOR_MODE: 'advanced' }, /TOUCHSTONE_ANCHOR_TARGETS/],
    [{ ...advanced, ...targets() }, /TOUCHSTONE_ANCHOR_TARGETS: needs a target at least/],
    [{ TOUCHSTONE_ANCHOR_TARGET: '[]' }, /did you mean TOUCHSTONE_ANCHOR_TARGETS/],
  ])('refuses %j', (env, message) => {
    expect(() => load(env)).toThrow(message);
  });
});
