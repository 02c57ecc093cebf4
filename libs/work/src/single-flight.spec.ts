import { describe, expect, it } from '@jest/globals';
import { singleFlight } from './single-flight.js';

describe('singleFlight', () => {
  it('gives all who ask meanwhile one end, and asks again for who comes after it', async () => {
    const ends: ((value: number) => void)[] = [];
    const ask = singleFlight(() => new Promise<number>((resolve) => ends.push(resolve)));
    const [one, other] = [ask(), ask()];
    await Promise.resolve();
    ends[0]?.(1);
    expect(await Promise.all([one, other])).toEqual([1, 1]);
    const third = ask();
    await Promise.resolve();
    ends[1]?.(2);
    expect([await third, ends.length]).toEqual([2, 2]);
  });

  it.each([
    ['rejects', () => Promise.reject(new Error('away'))],
    [
      'throws',
      () => {
        throw new Error('away');
      },
    ],
  ])('does not keep a failure: a job that %s is run again', async (_name, fail) => {
    let runs = 0;
    const ask = singleFlight<string>(() => ((runs += 1) === 1 ? fail() : Promise.resolve('there')));
    const waiting = [ask(), ask()];
    for (const one of waiting) await expect(one).rejects.toThrow('away');
    expect([await ask(), runs]).toEqual(['there', 2]);
  });
});
