import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '@touchstone/platform/config';
import { ANCHOR_INTERVAL_SEC_MAX, configSchema } from './config.js';

const required = {
  DATABASE_URL: 'postgresql://anchor:secret@127.0.0.1/touchstone',
  TOUCHSTONE_LOG_ORIGIN: 'example.com/log',
};
const load = (env: Readonly<Record<string, string>>) =>
  loadConfig({ schema: configSchema, env: { ...required, ...env } });
const advanced = {
  ANCHOR_MODE: 'advanced',
  TOUCHSTONE_EVM_RPC_URL: 'https://base.example/key',
  TOUCHSTONE_ANCHOR_CONTRACT: `0x${'ab'.repeat(20)}`,
};

describe('the configuration of the anchor-worker', () => {
  it('has the defaults of R-ANCHOR-1 and anchors nothing unless told to', () => {
    expect(load({})).toMatchObject({
      ANCHOR_MODE: 'synthetic',
      ANCHOR_INTERVAL_SEC: 60,
      ANCHOR_BATCH_MAX: 1000,
      TOUCHSTONE_ANCHOR_SPACING_MS: 10_000,
      TOUCHSTONE_EVM_NETWORK: 'eip155:8453',
    });
  });

  it('takes decimal intervals and the bounds of every limit', () => {
    expect(load({ ANCHOR_INTERVAL_SEC: '0.5' }).ANCHOR_INTERVAL_SEC).toBe(0.5);
    expect(load({ ANCHOR_INTERVAL_SEC: '0.01' }).ANCHOR_INTERVAL_SEC).toBe(0.01);
    expect(load({ ANCHOR_INTERVAL_SEC: `${ANCHOR_INTERVAL_SEC_MAX}` }).ANCHOR_INTERVAL_SEC).toBe(86_400);
    expect(load({ ANCHOR_BATCH_MAX: '5000' }).ANCHOR_BATCH_MAX).toBe(5_000);
    expect(load({ TOUCHSTONE_DATABASE_POOL_MAX: '5' }).TOUCHSTONE_DATABASE_POOL_MAX).toBe(5);
    expect(load(advanced).ANCHOR_MODE).toBe('advanced');
  });

  it.each([
    [{ ANCHOR_INTERVAL_SEC: '0' }, /ANCHOR_INTERVAL_SEC/],
    [{ ANCHOR_INTERVAL_SEC: `${ANCHOR_INTERVAL_SEC_MAX + 1}` }, /ANCHOR_INTERVAL_SEC/],
    [{ ANCHOR_INTERVAL_SEC: '1e3' }, /ANCHOR_INTERVAL_SEC/],
    [{ ANCHOR_BATCH_MAX: '0' }, /ANCHOR_BATCH_MAX/],
    [{ ANCHOR_BATCH_MAX: '5001' }, /ANCHOR_BATCH_MAX/],
    [{ TOUCHSTONE_DATABASE_POOL_MAX: '4' }, /two stages hold a connection each/],
    [{ ANCHOR_MODE: 'simulated' }, /ANCHOR_MODE/],
    [{ ANCHOR_MODE: 'advanced' }, /TOUCHSTONE_EVM_RPC_URL[^]*TOUCHSTONE_ANCHOR_CONTRACT/],
    [{ ...advanced, TOUCHSTONE_EVM_NETWORK: 'bip122:000000000019d668' }, /eip155/],
    [{ ...advanced, TOUCHSTONE_ANCHOR_CONTRACT: `0x${'AB'.repeat(20)}` }, /TOUCHSTONE_ANCHOR_CONTRACT/],
    [{ TOUCHSTONE_ANCHOR_SPACING: '5' }, /did you mean TOUCHSTONE_ANCHOR_SPACING_MS/],
  ])('refuses %j', (env, message) => {
    expect(() => load(env)).toThrow(message);
  });
});
