import { describe, expect, it } from '@jest/globals';
import { AppError } from '@touchstone/contracts';
import { withDatabase } from './database-errors.js';

const failing = (error: unknown): Promise<unknown> => withDatabase(() => Promise.reject(error));
const coded = (code: string, message = 'failed'): Error => Object.assign(new Error(message), { code });

describe('database errors', () => {
  it.each([
    ['a refused connection', coded('ECONNREFUSED')],
    ['a server that shuts down', coded('57P01')],
    ['a lost race of two transactions', coded('40P01')],
    ['a full disk', coded('53100')],
    ['a cut connection', new Error('Connection terminated unexpectedly')],
  ])('pass for %s', async (_what, error) => {
    await expect(failing(error)).rejects.toMatchObject({ code: 'dependency-unavailable', retryable: true });
  });

  it.each([
    ['a broken constraint', coded('23514')],
    ['a value out of range', coded('22003')],
    ['a known error', new AppError('conflict', 'Another leaf.')],
    ['what is no error', 'text'],
  ])('stay what they are for %s', async (_what, error) => {
    await expect(failing(error)).rejects.toBe(error);
  });
});
