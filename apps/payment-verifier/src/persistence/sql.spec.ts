import { describe, expect, it } from '@jest/globals';
import { AppError } from '@touchstone/contracts';
import { rowsOf, toUnavailable } from './sql.js';

describe('errors of the database', () => {
  it.each([
    ['a refused connection', { code: 'ECONNREFUSED' }],
    ['a cut connection', new Error('Connection terminated unexpectedly')],
    ['a pool without a free connection', new Error('timeout exceeded when trying to connect')],
    ['a server that shuts down', { code: '57P01' }],
    ['too many connections', { code: '53300' }],
    ['a lock that somebody else holds', { code: '55P03' }],
    ['a deadlock', { code: '40P01' }],
  ])('are an unavailable dependency: %s', (_what, error) => {
    expect(toUnavailable(error)).toMatchObject({ code: 'dependency-unavailable', cause: error });
  });

  it.each([
    ['a broken rule', { code: '23505' }],
    ['a wrong statement', { code: '42601' }],
    ['anything else', new TypeError('x')],
    ['nothing', undefined],
  ])('stay what they are: %s', (_what, error) => {
    expect(toUnavailable(error)).toBe(error);
  });

  it('leaves our own errors alone and throws what it made of others', async () => {
    const own = new AppError('conflict', 'x');
    expect(toUnavailable(own)).toBe(own);
    const query = () => Promise.reject(Object.assign(new Error('x'), { code: '08006' }));
    await expect(rowsOf({ query }, 'SELECT 1')).rejects.toMatchObject({ code: 'dependency-unavailable' });
  });
});
