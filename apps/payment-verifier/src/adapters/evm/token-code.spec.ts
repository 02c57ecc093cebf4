import { describe, expect, it } from '@jest/globals';
import type { Hex } from 'viem';
import { TOKEN_CODE_CACHE_MS, TokenCode } from './token-code.js';

/** A token's code behind a clock, and how often it was asked for. */
function given() {
  let now = 0;
  let asked = 0;
  let answer: () => Promise<Hex | undefined> = () => Promise.resolve('0x60');
  const code = new TokenCode(`0x${'aa'.repeat(20)}`, () => now);
  return {
    read: () =>
      code.read(() => {
        asked += 1;
        return answer();
      }),
    asked: () => asked,
    pass: (ms: number) => void (now += ms),
    answer: (next: typeof answer) => void (answer = next),
  };
}

describe('the code of the token', () => {
  it('is asked for once in TOKEN_CODE_CACHE_MS, and again a millisecond later', async () => {
    const { read, asked, pass } = given();
    await Promise.all([read(), read()]);
    pass(TOKEN_CODE_CACHE_MS - 1);
    expect(await read()).toBe('0x60');
    expect(asked()).toBe(1);
    pass(1);
    await read();
    expect(asked()).toBe(2);
  });

  it.each([
    ['the node did not answer', () => Promise.reject(new Error('away'))],
    ['there was none', () => Promise.resolve('0x' as Hex)],
    ['there was nothing', () => Promise.resolve(undefined)],
  ])('is asked for again when %s', async (_why, first) => {
    const { read, asked, answer } = given();
    answer(first);
    await read().catch(() => undefined);
    answer(() => Promise.resolve('0x60'));
    expect(await read()).toBe('0x60');
    expect(asked()).toBe(2);
  });
});
