import { compareUtf8 } from '@touchstone/canonical-json';
import { describe, expect, it } from '@jest/globals';
import { randomNumbers } from '../test/random-events.js';
import { orderOfIds } from './id-order.js';

const CHARACTERS = [
  '',
  '\u0000',
  ' ',
  '!',
  'a',
  'b',
  'z',
  '~',
  '\u007f',
  'é',
  'ß',
  '\ue000',
  '\uff5e',
  '\u{1f600}',
  '\u{10ffff}',
];

describe('the order of ids', () => {
  it('is that of their UTF-8 bytes, and equal ones keep theirs', () => {
    const random = randomNumbers(3);
    const character = (): string => CHARACTERS[Math.floor(random() * CHARACTERS.length)] as string;
    for (let round = 0; round < 300; round += 1) {
      const prefix = round % 3 === 0 ? '' : 'common-é';
      const count = Math.floor(random() * 60);
      const length = 1 + (round % 8);
      const ids = Array.from({ length: count }, () => prefix + Array.from({ length }, character).join(''));
      const expected = ids
        .map((_, place) => place)
        .sort((left, right) => compareUtf8(ids[left] as string, ids[right] as string) || left - right);
      expect([...orderOfIds(ids)]).toEqual(expected);
    }
  });

  it('holds for as many ids as a batch may have', () => {
    const random = randomNumbers(4);
    const ids = Array.from({ length: 100_000 }, () => random().toString(36));
    const sorted = [...orderOfIds(ids)].map((place) => ids[place] as string);
    expect(sorted).toEqual([...ids].sort());
    expect(97 ** 5 * 2 ** 20).toBeLessThan(Number.MAX_SAFE_INTEGER);
  });
});
