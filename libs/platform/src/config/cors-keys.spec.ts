import { describe, expect, it } from '@jest/globals';
import { AppError } from '@touchstone/contracts';
import { z } from 'zod';
import { CORS_ORIGINS_MAX, corsKeys, corsOriginsOf } from './cors-keys.js';
import { describeConfig } from './describe-config.js';
import { loadConfig } from './load-config.js';

const schema = z.object(corsKeys());
const load = (text?: string) => corsOriginsOf(loadConfig({ schema, env: { TOUCHSTONE_CORS_ORIGINS: text } }));
const faultOf = (text: string): string => {
  try {
    load(text);
  } catch (error) {
    return (error as AppError).message;
  }
  throw new Error('expected a refusal');
};

describe('the origins of pages', () => {
  it.each([
    [undefined, []],
    ['', []],
    ['*', ['*']],
    ['https://shop.example', ['https://shop.example']],
    [
      'https://shop.example, http://127.0.0.1:3000,http://[::1]:3000',
      ['https://shop.example', 'http://127.0.0.1:3000', 'http://[::1]:3000'],
    ],
    ['https://xn--bcher-kva.example', ['https://xn--bcher-kva.example']],
  ])('are read from %j', (text, origins) => {
    expect(load(text)).toEqual(origins);
  });

  it.each([
    ['https://shop.example/', 'did you mean https://shop.example?'],
    ['https://shop.example/pay?x=1#y', 'did you mean https://shop.example?'],
    ['https://shop.example:443', 'did you mean https://shop.example?'],
    ['https://Shop.example', 'did you mean https://shop.example?'],
    ['https://user:password@shop.example', 'did you mean https://shop.example?'],
    ['https://bücher.example', 'did you mean https://xn--bcher-kva.example?'],
    ['shop.example', 'is no origin'],
    ['ftp://shop.example', 'is no origin'],
    ['file:///tmp/page.html', 'is no origin'],
    ['https://', 'is no origin'],
    ['null', 'sandboxed'],
    ['https://*.shop.example', 'wildcard'],
    ['https://shop.example,*', 'Entry 2 is *'],
    ['*,*', 'stands alone'],
    ['https://shop.example,', 'Entry 2 is empty'],
  ])('are refused as %s with what to write', (text, words) => {
    const message = faultOf(text);
    expect(message).toContain('TOUCHSTONE_CORS_ORIGINS');
    expect(message).toContain(words);
    expect(message).not.toContain('password');
  });

  it('are as many as named, and not one more', () => {
    const list = (count: number) =>
      Array.from({ length: count }, (_, index) => `https://shop-${index}.example`).join(',');
    expect(load(list(CORS_ORIGINS_MAX))).toHaveLength(CORS_ORIGINS_MAX);
    expect(faultOf(list(CORS_ORIGINS_MAX + 1))).toContain(`at most ${CORS_ORIGINS_MAX}`);
  });

  it('are described with their default, which is nobody', () => {
    expect(describeConfig(schema)).toEqual([
      {
        name: 'TOUCHSTONE_CORS_ORIGINS',
        type: 'origins, separated by commas, or *',
        default: '[]',
        required: false,
        secret: false,
        doc: expect.stringContaining('credentials are never let through'),
      },
    ]);
  });
});
