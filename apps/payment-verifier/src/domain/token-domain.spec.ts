import { describe, expect, it } from '@jest/globals';
import { domainMismatch } from './token-domain.js';

describe('the domain of a payment and of its token', () => {
  const wanted = { name: 'USDC', version: '2' };

  it.each([
    ['are the same', { name: 'USDC', version: '2' }],
    ['are not compared before the token was asked', undefined],
    ['are not compared in what the token does not tell', { name: null, version: null }],
  ])('%s', (_what, token) => {
    expect(domainMismatch(token, wanted)).toBeUndefined();
  });

  it.each([
    [{ name: 'USD Coin', version: '2' }, 'invalid_exact_evm_token_name_mismatch', 'calls itself "USD Coin"'],
    [{ name: 'usdc', version: null }, 'invalid_exact_evm_token_name_mismatch', '"usdc"'],
    [{ name: 'USD₮0', version: '2' }, 'invalid_exact_evm_token_name_mismatch', '"USD₮0"'],
    [{ name: null, version: '1' }, 'invalid_exact_evm_token_version_mismatch', `version is "1"`],
  ])('are told apart: %j', (token, reason, words) => {
    expect(domainMismatch(token, wanted)).toEqual({ reason, message: expect.stringContaining(words) });
  });
});
