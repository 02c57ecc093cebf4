import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AppError } from '@touchstone/contracts';
import { currentTraceId, startTracing, withSpan, type Tracing } from '../tracing/tracing.js';
import { createLogger } from './logger.js';
import { NestLogger } from './nest-logger.js';
import { LOG_DEPTH_MAX, LOG_MEMBERS_MAX, LOG_STRING_CHARACTERS_MAX } from './redact.js';

function capture() {
  const lines: string[] = [];
  const logger = createLogger({
    service: 'signer',
    version: '1.0.0',
    level: 'trace',
    destination: { write: (line: string) => lines.push(line) },
  });
  return { logger, lines, last: () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown> };
}

describe('the logger', () => {
  let tracing: Tracing;
  beforeAll(() => {
    tracing = startTracing({ version: '1.0.0' });
  });
  afterAll(() => tracing.shutdown());

  it('names service, version, level and time', () => {
    const { logger, last } = capture();
    logger.info({ batch: 3n }, 'sealed');
    expect(last()).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      service: 'signer',
      version: '1.0.0',
      batch: '3',
      msg: 'sealed',
    });
  });

  it('names the running trace', async () => {
    const { logger, last } = capture();
    await withSpan('work', {}, async () => {
      logger.info('inside');
      expect(last()).toMatchObject({
        traceId: currentTraceId(),
        spanId: expect.stringMatching(/^[0-9a-f]{16}$/),
      });
    });
    logger.info('outside');
    expect(last()).not.toHaveProperty('traceId');
  });

  it.each([
    'authorization',
    'Authorization',
    'proxy-authorization',
    'cookie',
    'X-PAYMENT',
    'payment-signature',
    'payment-response',
    'touchstone-transfer-claim',
    'touchstone-payer-lookup',
    'apiKey',
    'MODEL_SIGNING_KEY_HEX',
    'privateKey',
    'idempotency-key',
    'ORACLE_ED25519_SEED',
    'clientSecret',
    'password',
    'accessToken',
    'mnemonic',
  ])('does not show the value of %s at any depth', (name) => {
    const { logger, lines } = capture();
    logger.info(
      { [name]: 'hunter2', request: { headers: { [name]: 'hunter2' }, list: [{ [name]: 'hunter2' }] } },
      'x',
    );
    logger.child({ [name]: 'hunter2' }).info('child');
    expect(lines.join()).not.toContain('hunter2');
    expect(lines.join()).toContain('[redacted]');
  });

  it.each(['keyId', 'publicKey', 'key_id', 'status'])('shows the value of %s', (name) => {
    const { logger, lines } = capture();
    logger.info({ [name]: 'visible' }, 'x');
    expect(lines.join()).toContain('visible');
  });

  it('shows neither payloads nor bytes', () => {
    const { logger, last } = capture();
    logger.info({ body: { input: 'private' }, digest: new Uint8Array(32), payload: 'private' }, 'x');
    expect(last()).toMatchObject({ body: '[payload]', payload: '[payload]', digest: '[32 bytes]' });
  });

  it('hides credentials that an error or a message quotes', () => {
    const { logger, lines, last } = capture();
    const cause = new Error('connect postgresql://signer:hunter2@db:5432/t failed');
    logger.error({ err: new AppError('dependency-unavailable', 'No database.', { cause }) }, 'x');
    expect(last()['err']).toMatchObject({
      code: 'dependency-unavailable',
      cause: { message: expect.stringContaining('[redacted]@db') },
    });
    logger.error(cause);
    logger.info('nats://user:hunter2@nats:4222 is slow');
    expect(lines.join()).not.toContain('hunter2');
  });

  it('cuts strings, members and levels above their limits', () => {
    const { logger, last } = capture();
    const longest = 'x'.repeat(LOG_STRING_CHARACTERS_MAX);
    const items = Array.from({ length: LOG_MEMBERS_MAX }, (_, at) => at);
    const wide = Object.fromEntries(items.map((at) => [`m${at}`, at]));
    const nested = (levels: number): unknown => (levels === 0 ? {} : { inner: nested(levels - 1) });
    logger.info({
      texts: [longest, `${longest}y`],
      lists: [items, [...items, 0]],
      objects: [wide, { ...wide, more: 1 }],
      deepest: nested(LOG_DEPTH_MAX - 1),
      deeper: nested(LOG_DEPTH_MAX),
    });
    expect(last()).toMatchObject({ texts: [longest, longest], lists: [items, items], objects: [wide, wide] });
    expect(last()['objects']).not.toContainEqual(expect.objectContaining({ more: 1 }));
    expect(JSON.stringify(last()['deepest'])).not.toContain('[deep]');
    expect(JSON.stringify(last()['deeper'])).toContain('[deep]');
  });

  it('survives a cycle and cuts long strings', () => {
    const { logger, lines } = capture();
    const cycle: Record<string, unknown> = { text: 'x'.repeat(100_000) };
    cycle['self'] = cycle;
    logger.info(cycle, 'x');
    expect(lines[0]?.length).toBeLessThan(40_000);
  });

  it('takes the lines of Nest, with its chatter as debug', () => {
    const { logger, last } = capture();
    const nest = new NestLogger(logger);
    nest.log('Mapped {/v1}', 'RouterExplorer');
    expect(last()).toMatchObject({ level: 'debug', msg: 'Mapped {/v1}', context: 'RouterExplorer' });
    nest.error(new Error('broken'), 'stack', 'Injector');
    expect(last()).toMatchObject({ level: 'error', msg: 'broken', err: { message: 'broken' } });
    nest.warn('careful', 'X');
    expect(last()).toMatchObject({ level: 'warn' });
  });
});
