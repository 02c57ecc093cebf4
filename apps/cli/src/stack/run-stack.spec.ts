import { describe, expect, it } from '@jest/globals';
import { exitCodes } from '../exit-codes.js';
import { watchParts } from './run-stack.js';

describe('watchParts', () => {
  it('fails with the first part of its own stack that ends, and with no part of another one', async () => {
    const [first, second] = [watchParts('the demonstration'), watchParts('the demonstration')];
    first.onExit('signer', 'code 1');
    first.onExit('postgres', 'code 2');
    await expect(first.ended).rejects.toMatchObject({
      exitCode: exitCodes.io,
      message: 'signer ended during the demonstration (code 1).',
    });
    const waiting = Symbol('waiting');
    expect(await Promise.race([second.ended, Promise.resolve(waiting)])).toBe(waiting);
  });
});
