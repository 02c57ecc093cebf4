import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import {
  BEARER_TOKEN_CHARACTERS_MAX,
  BEARER_TOKEN_CHARACTERS_MIN,
  BearerTokens,
  callerTokens,
} from './bearer-tokens.js';

describe('bearer tokens', () => {
  const known = 'k'.repeat(40);
  const tokens = BearerTokens.of({ gateway: known, other: 'o'.repeat(40) });

  it.each([`Bearer ${known}`, `bearer ${known}`])('know their caller by %s', (header) => {
    expect(tokens.identify(header)).toBe('gateway');
  });

  it.each([
    undefined,
    '',
    known,
    `Basic ${known}`,
    `Bearer  ${known}`,
    `Bearer ${known}x`,
    'Bearer gateway',
    'Bearer ',
  ])('refuse %s', (header) => {
    expect(() => tokens.identify(header)).toThrow(expect.objectContaining({ code: 'unauthenticated' }));
  });

  it('refuse everybody when there are none', () => {
    expect(() => BearerTokens.of({}).identify(`Bearer ${known}`)).toThrow('Authorization');
    expect(() => BearerTokens.ofDigests({}).identify(`Bearer ${known}`)).toThrow('Authorization');
  });

  it('know their caller by the digest of the token alone', () => {
    const digest = createHash('sha256').update(known).digest('hex');
    const byDigest = BearerTokens.ofDigests({ operator: digest });
    expect(byDigest.identify(`Bearer ${known}`)).toBe('operator');
    expect(() => byDigest.identify(`Bearer ${digest}`)).toThrow('Authorization');
  });

  it('take a token of BEARER_TOKEN_CHARACTERS_MAX and none that is longer', () => {
    const longest = 'l'.repeat(BEARER_TOKEN_CHARACTERS_MAX);
    const long = BearerTokens.of({ longest, longer: `${longest}l` });
    expect(long.identify(`Bearer ${longest}`)).toBe('longest');
    expect(() => long.identify(`Bearer ${longest}l`)).toThrow('Authorization');
  });
});

describe('the configuration of tokens', () => {
  const of = (length: number) =>
    callerTokens().safeParse(JSON.stringify({ gateway: 't'.repeat(length) })).success;

  it('takes tokens of the shortest and the longest length and refuses others', () => {
    expect([BEARER_TOKEN_CHARACTERS_MIN - 1, BEARER_TOKEN_CHARACTERS_MIN].map(of)).toEqual([false, true]);
    expect([BEARER_TOKEN_CHARACTERS_MAX, BEARER_TOKEN_CHARACTERS_MAX + 1].map(of)).toEqual([true, false]);
  });

  it.each(['', '[]', 'x', '{"":"tttttttttttttttttttttttttttttttttttt"}', `{"a":"${' '.repeat(40)}"}`])(
    'refuses %j',
    (text) => {
      expect(callerTokens().safeParse(text).success).toBe(false);
    },
  );
});
