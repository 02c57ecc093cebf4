import { describe, expect, it } from '@jest/globals';
import { describeConfig, loadConfig } from '@touchstone/platform/config';
import { configSchema, SUBMISSION_TERMS_CHARACTERS_MAX } from './config.js';
import { ADDED_MODEL_BYTES_MAX } from './domain/model/added-model.js';
import { MODEL_CACHE_BYTES_DEFAULT } from './domain/model/model-files.js';
import { SUBMISSIONS_PER_DAY_DEFAULT_MAX } from './domain/market/submission.js';

const env = { DATABASE_URL: 'postgresql://u:p@127.0.0.1/db', TOUCHSTONE_MODELS_DIR: 'models' };
const load = (change: Record<string, string>) =>
  loadConfig({ schema: configSchema, env: { ...env, ...change } });

describe('the configuration', () => {
  it('asks for payment unless it is told not to, on Base in USDC', () => {
    expect(load({})).toMatchObject({
      TOUCHSTONE_PAYMENT_MODE: 'x402',
      TOUCHSTONE_PAYMENT_NETWORK: 'eip155:8453',
      TOUCHSTONE_PAYMENT_ASSET: '0x833589fcd6edb6e08f4c7c32d4f71b54bda02913',
    });
  });

  it('has no key that signs: only the ways to database and mesh, the certificate of gRPC and the secret of webhooks are secret', () => {
    const secrets = describeConfig(configSchema).filter(({ secret }) => secret);
    expect(secrets.map(({ name }) => name).sort()).toEqual([
      'DATABASE_URL',
      'TOUCHSTONE_GRPC_TLS_KEY',
      'TOUCHSTONE_NATS_PASSWORD',
      'TOUCHSTONE_WEBHOOK_SECRET',
    ]);
  });

  it('documents every key', () => {
    expect(describeConfig(configSchema).filter(({ doc }) => doc === '')).toEqual([]);
  });

  it.each(['USD₮0', 'ریال\u200cدیجیتال', '🪙\u200d💵', 'x'.repeat(64)])(
    'takes %s as the name of a token',
    (name) => {
      expect(load({ TOUCHSTONE_PAYMENT_ASSET_NAME: name })).toMatchObject({
        TOUCHSTONE_PAYMENT_ASSET_NAME: name,
      });
    },
  );

  it('takes a secret of webhooks from 32 characters on, and sends none without one', () => {
    const longEnough = 'x'.repeat(32);
    expect(load({ TOUCHSTONE_WEBHOOK_SECRET: longEnough }).TOUCHSTONE_WEBHOOK_SECRET).toBe(longEnough);
    expect(load({}).TOUCHSTONE_WEBHOOK_SECRET).toBeUndefined();
    expect(load({}).TOUCHSTONE_WEBHOOK_ALLOW_INSECURE).toBe(false);
  });

  it('takes one submission of a developer a day, and terms of any length that can be read', () => {
    const terms = 't'.repeat(SUBMISSION_TERMS_CHARACTERS_MAX);
    expect(load({ TOUCHSTONE_SUBMISSION_TERMS: terms })).toMatchObject({
      TOUCHSTONE_SUBMISSION_TERMS: terms,
      TOUCHSTONE_SUBMISSIONS_PER_DAY: SUBMISSIONS_PER_DAY_DEFAULT_MAX,
      TOUCHSTONE_REVENUE_SHARE_MAX_BPS: 7_000,
    });
  });

  it('takes models of up to ADDED_MODEL_BYTES_MAX, which fit into the smallest folder for them', () => {
    expect(load({})).toMatchObject({
      TOUCHSTONE_MODEL_MAX_BYTES: ADDED_MODEL_BYTES_MAX,
      TOUCHSTONE_MODEL_CACHE_MAX_BYTES: MODEL_CACHE_BYTES_DEFAULT,
    });
    const largest = String(ADDED_MODEL_BYTES_MAX);
    expect(
      load({ TOUCHSTONE_MODEL_MAX_BYTES: largest, TOUCHSTONE_MODEL_CACHE_MAX_BYTES: largest }),
    ).toMatchObject({
      TOUCHSTONE_MODEL_MAX_BYTES: ADDED_MODEL_BYTES_MAX,
      TOUCHSTONE_MODEL_CACHE_MAX_BYTES: ADDED_MODEL_BYTES_MAX,
    });
  });

  it.each([
    ['TOUCHSTONE_WEBHOOK_SECRET', 'x'.repeat(31)],
    ['TOUCHSTONE_JOB_QUEUE_MAX', '0'],
    ['TOUCHSTONE_JOB_QUEUE_MAX', '100001'],
    ['TOUCHSTONE_JOB_CONCURRENCY', '257'],
    ['TOUCHSTONE_JOB_RETENTION_DAYS', '0'],
    ['TOUCHSTONE_JOB_RETENTION_DAYS', '366'],
    ['TOUCHSTONE_SUBMISSION_TERMS', 't'.repeat(SUBMISSION_TERMS_CHARACTERS_MAX + 1)],
    ['TOUCHSTONE_SUBMISSIONS_PER_DAY', '0'],
    ['TOUCHSTONE_SUBMISSIONS_PER_DAY', '1001'],
    ['TOUCHSTONE_REVENUE_SHARE_MAX_BPS', '10001'],
    ['TOUCHSTONE_UPLOADS_DIR', 'uploads'],
    ['TOUCHSTONE_MODEL_CACHE_DIR', 'models'],
    ['TOUCHSTONE_MODEL_CACHE_MAX_BYTES', String(ADDED_MODEL_BYTES_MAX - 1)],
    ['TOUCHSTONE_MODEL_MAX_BYTES', '0'],
    ['TOUCHSTONE_MODEL_MAX_BYTES', String(ADDED_MODEL_BYTES_MAX + 1)],
    ['TOUCHSTONE_PAY_TO', `0x${'AB'.repeat(20)}`],
    ['TOUCHSTONE_PAY_TO', 'vitalik.eth'],
    ['TOUCHSTONE_PAYMENT_MODE', 'free'],
    ['TOUCHSTONE_PAYMENT_NETWORK', 'solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp'],
    ['TOUCHSTONE_PUBLIC_URL', 'https://touchstone.dev/'],
    ['TOUCHSTONE_PUBLIC_URL', 'ftp://touchstone.dev'],
    ['TOUCHSTONE_INFERENCE_WORKERS', '0'],
    ['TOUCHSTONE_INFERENCE_WORKERS', '257'],
    ['TOUCHSTONE_INFERENCE_QUEUE_MAX', '100001'],
    ['TOUCHSTONE_INFERENCE_TIMEOUT_MS', '99'],
    ['TOUCHSTONE_INFERENCE_TIMEOUT_MS', '60001'],
    ['TOUCHSTONE_NODE_ID', 'a b'],
    ['TOUCHSTONE_NODE_ID', 'gpu-1.example.com'],
    ['TOUCHSTONE_NODE_ID', 'a:b'],
    ['TOUCHSTONE_NODE_ID', 'heartbeat'],
    ['TOUCHSTONE_NODE_ID', 'n'.repeat(65)],
    ['TOUCHSTONE_HEARTBEATS', 'maybe'],
    ['TOUCHSTONE_PAYMENT_ASSET_NAME', 'USD\u202eC'],
    ['TOUCHSTONE_PAYMENT_ASSET_NAME', 'USD\u200b'],
    ['TOUCHSTONE_PAYMENT_ASSET_NAME', 'x'.repeat(65)],
    ['TOUCHSTONE_PAYMENT_ASSET_VERSION', '2\n'],
    ['TOUCHSTONE_PAYTO', `0x${'ab'.repeat(20)}`],
  ])('refuses %s=%s', (name, value) => {
    expect(() => load({ [name]: value })).toThrow(expect.objectContaining({ code: 'config-invalid' }));
  });
});
