import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { RATE_PER_MINUTE_DEFAULT_MAX, rateKeys, TRUSTED_PROXIES_MAX } from './rate-keys.js';

const schema = z.object(rateKeys());
const proxiesOf = (text: string) => schema.safeParse({ TOUCHSTONE_TRUSTED_PROXIES: text });

describe('rateKeys', () => {
  it('counts 100 a minute and trusts nobody where nothing is said', () => {
    expect(RATE_PER_MINUTE_DEFAULT_MAX).toBe(100);
    expect(schema.parse({})).toEqual({
      TOUCHSTONE_RATE_LIMIT_PER_MINUTE: RATE_PER_MINUTE_DEFAULT_MAX,
      TOUCHSTONE_TRUSTED_PROXIES: [],
    });
  });

  it('takes addresses and networks', () => {
    expect(proxiesOf(' 10.0.0.0/8, 192.0.2.7,fd00::/8 ').data?.TOUCHSTONE_TRUSTED_PROXIES).toEqual([
      '10.0.0.0/8',
      '192.0.2.7',
      'fd00::/8',
    ]);
  });

  it.each([
    '10.0.0.0/33',
    '10.0.0/8',
    'proxy.example',
    '10.0.0.1,',
    'fd00::/129',
    '10.0.0.0/08',
    '10.0.0.0/8/8',
  ])('refuses %s', (text) => {
    expect(proxiesOf(text).success).toBe(false);
  });

  it(`takes ${TRUSTED_PROXIES_MAX} and not one more`, () => {
    const list = (count: number) => new Array<string>(count).fill('10.0.0.1').join(',');
    expect(proxiesOf(list(TRUSTED_PROXIES_MAX)).success).toBe(true);
    expect(proxiesOf(list(TRUSTED_PROXIES_MAX + 1)).success).toBe(false);
  });
});
