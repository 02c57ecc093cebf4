import { describe, expect, it } from '@jest/globals';
import { rowsOf } from './sql.js';

describe('one statement', () => {
  it('answers its rows', async () => {
    const query = (...asked: unknown[]) => Promise.resolve([{ asked }] as never);
    expect(await rowsOf({ query }, 'SELECT $1', [1])).toEqual([{ asked: ['SELECT $1', [1]] }]);
  });

  it('is an unavailable dependency while the database is away', async () => {
    const query = () => Promise.reject(Object.assign(new Error('x'), { code: '08006' }));
    await expect(rowsOf({ query }, 'SELECT 1')).rejects.toMatchObject({ code: 'dependency-unavailable' });
  });

  it('keeps every other error', async () => {
    const broken = Object.assign(new Error('x'), { code: '23505' });
    await expect(rowsOf({ query: () => Promise.reject(broken) }, 'SELECT 1')).rejects.toBe(broken);
  });
});
