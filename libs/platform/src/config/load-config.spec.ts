import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AppError } from '@touchstone/contracts';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { describeConfig, printConfig } from './describe-config.js';
import { databaseKeys, DRAIN_SECONDS_MAX, natsKeys, serviceKeys } from './fragments.js';
import { loadConfig } from './load-config.js';
import { secret } from './metadata.js';
import { SECRET_FILE_BYTES_MAX } from './secret-file.js';
import { booleanKey, integerKey } from './values.js';

const schema = z.object({
  ...serviceKeys('signer'),
  ...natsKeys('signer'),
  ...databaseKeys(),
  SIGNING_DOMAIN: z.string().default('model-output-v1').describe('Domain of signatures.'),
  MODEL_SIGNING_KEY_HEX: secret(z.string().regex(/^[0-9a-f]{64}$/)).describe('The key.'),
  TOUCHSTONE_ENABLED: booleanKey().default(false),
});
const key = '11'.repeat(32);
const good = { DATABASE_URL: 'postgresql://signer:hunter2@127.0.0.1:5432/t', MODEL_SIGNING_KEY_HEX: key };

function refusal(env: Record<string, string>): AppError {
  try {
    loadConfig({ schema, env });
  } catch (error) {
    if (error instanceof AppError) return error;
  }
  throw new Error('The configuration was not refused.');
}

describe('loading a configuration', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'config-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = (name: string, content: string, mode: number) => {
    const path = join(folder, name);
    writeFileSync(path, content);
    chmodSync(path, mode);
    return path;
  };

  it('takes defaults, parses values and ignores names of others', () => {
    const config = loadConfig({
      schema,
      env: { ...good, TOUCHSTONE_HTTP_PORT: '0', PATH: '/bin', TOUCHSTONE_VECTORS: 'v' },
    });
    expect(config).toMatchObject({
      TOUCHSTONE_HTTP_PORT: 0,
      TOUCHSTONE_HEALTH_PORT: 10_081,
      TOUCHSTONE_BIND_HOST: '127.0.0.1',
      TOUCHSTONE_SHUTDOWN_TIMEOUT_MS: 20_000,
      TOUCHSTONE_DRAIN_SECONDS: 5,
      SIGNING_DOMAIN: 'model-output-v1',
      TOUCHSTONE_ENABLED: false,
    });
  });

  it.each([
    ['0', 0],
    [String(DRAIN_SECONDS_MAX), DRAIN_SECONDS_MAX],
    [String(DRAIN_SECONDS_MAX + 1), undefined],
    ['2.5', undefined],
    ['-1', undefined],
    ['', undefined],
  ])('reads a drain delay of "%s" s as %s', (text, expected) => {
    const env = { ...good, TOUCHSTONE_DRAIN_SECONDS: text };
    if (expected !== undefined) expect(loadConfig({ schema, env }).TOUCHSTONE_DRAIN_SECONDS).toBe(expected);
    else expect(refusal(env).details).toMatchObject([{ pointer: '/TOUCHSTONE_DRAIN_SECONDS' }]);
  });

  it('keeps an empty string as a value', () => {
    expect(loadConfig({ schema, env: { ...good, SIGNING_DOMAIN: '' } }).SIGNING_DOMAIN).toBe('');
  });

  it('reads a secret from a file of its owner and trims it', () => {
    const path = file('key', `\n${key}\n`, 0o600);
    const env = { DATABASE_URL: good.DATABASE_URL, MODEL_SIGNING_KEY_HEX_FILE: path };
    expect(loadConfig({ schema, env }).MODEL_SIGNING_KEY_HEX).toBe(key);
  });

  it.each([0o640, 0o604, 0o660, 0o620, 0o601])(
    'refuses a secret file of mode %o and says how to mend it',
    (mode) => {
      const path = file('open', key, mode);
      const error = refusal({ DATABASE_URL: good.DATABASE_URL, MODEL_SIGNING_KEY_HEX_FILE: path });
      expect(error.message).toContain(`chmod 600 ${path}`);
      expect(error.message).not.toContain(key);
      expect(error.details).toHaveLength(1);
    },
  );

  it('refuses a secret file that is missing, no file, or too large', () => {
    const largest = file('largest', 'x'.repeat(SECRET_FILE_BYTES_MAX), 0o600);
    const larger = file('larger', 'x'.repeat(SECRET_FILE_BYTES_MAX + 1), 0o600);
    const detail = (path: string) =>
      refusal({ DATABASE_URL: good.DATABASE_URL, MODEL_SIGNING_KEY_HEX_FILE: path }).details[0]?.detail;
    expect(detail(join(folder, 'absent'))).toContain('ENOENT');
    expect(detail(folder)).toContain('is not a file');
    expect(detail(larger)).toContain('at most');
    expect(detail(largest)).not.toContain('at most');
  });

  it('refuses a secret that is given twice', () => {
    const path = file('twice', key, 0o600);
    expect(refusal({ ...good, MODEL_SIGNING_KEY_HEX_FILE: path }).message).toContain('is set twice');
  });

  it('reads no file for a name that is not secret', () => {
    const error = refusal({ ...good, TOUCHSTONE_LOG_LEVEL_FILE: file('level', 'info', 0o600) });
    expect(error.details.map(({ pointer }) => pointer)).toEqual(['/TOUCHSTONE_LOG_LEVEL_FILE']);
  });

  it('refuses an unknown name of ours and guesses what was meant', () => {
    const error = refusal({ ...good, TOUCHSTONE_HTP_PORT: '1', TOUCHSTONE_SOMETHING_ELSE: '1' });
    expect(error.details).toEqual([
      {
        pointer: '/TOUCHSTONE_HTP_PORT',
        detail: expect.stringContaining('did you mean TOUCHSTONE_HTTP_PORT?'),
      },
      { pointer: '/TOUCHSTONE_SOMETHING_ELSE', detail: expect.not.stringContaining('did you mean') },
    ]);
  });

  it('reports everything at once and never shows a value', () => {
    const error = refusal({
      MODEL_SIGNING_KEY_HEX: 'deadbeef-secret',
      TOUCHSTONE_HTTP_PORT: '65536',
      TOUCHSTONE_GRPC_PORT: '',
      TOUCHSTONE_LOG_LEVEL: 'loud',
      TOUCHSTONE_X: '1',
    });
    expect(error.code).toBe('config-invalid');
    expect(error.details.map(({ pointer }) => pointer).sort()).toEqual([
      '/DATABASE_URL',
      '/MODEL_SIGNING_KEY_HEX',
      '/TOUCHSTONE_GRPC_PORT',
      '/TOUCHSTONE_HTTP_PORT',
      '/TOUCHSTONE_LOG_LEVEL',
      '/TOUCHSTONE_X',
    ]);
    expect(error.message).toContain('DATABASE_URL: is required and not set.');
    expect(error.message).not.toContain('deadbeef');
  });

  it.each([
    ['0', true],
    ['10', true],
    ['11', false],
    ['-1', false],
    ['1.5', false],
    ['1e1', false],
    [' 1', false],
    ['0x1', false],
    ['', false],
  ])('takes the integer %j: %s', (text, accepted) => {
    expect(integerKey(0, 10).safeParse(text).success).toBe(accepted);
  });

  it('prints a configuration without secrets and without credentials in URLs', () => {
    const config = loadConfig({ schema, env: { ...good, NATS_URL: 'nats://user:hunter3@127.0.0.1:4222' } });
    const text = printConfig(schema, config);
    expect(text).not.toMatch(/hunter2|hunter3|1111/);
    expect(JSON.parse(text)).toMatchObject({
      DATABASE_URL: '[redacted]',
      MODEL_SIGNING_KEY_HEX: '[redacted]',
      NATS_URL: 'nats://[redacted]@127.0.0.1:4222',
      TOUCHSTONE_NATS_PASSWORD: null,
      TOUCHSTONE_HTTP_PORT: 8081,
    });
  });

  it('describes every key for the reference', () => {
    const described = describeConfig(schema);
    expect(described).toHaveLength(Object.keys(schema.shape).length);
    expect(described).toContainEqual({
      name: 'TOUCHSTONE_HTTP_PORT',
      type: 'port',
      default: '8081',
      required: false,
      secret: false,
      doc: 'Port of the HTTP interface.',
    });
    expect(described).toContainEqual(
      expect.objectContaining({ name: 'DATABASE_URL', required: true, secret: true, default: undefined }),
    );
    expect(described).toContainEqual(
      expect.objectContaining({ name: 'TOUCHSTONE_NATS_PASSWORD', required: false, secret: true }),
    );
    expect(described).toContainEqual(
      expect.objectContaining({
        name: 'TOUCHSTONE_LOG_LEVEL',
        type: 'trace | debug | info | warn | error | fatal | silent',
      }),
    );
    expect(described.filter(({ doc, name }) => doc === '' && name !== 'TOUCHSTONE_ENABLED')).toEqual([]);
  });
});
