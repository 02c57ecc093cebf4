import { describe, expect, it } from '@jest/globals';
import {
  ContractFunctionExecutionError,
  ContractFunctionRevertedError,
  HttpRequestError,
  InternalRpcError,
  LimitExceededRpcError,
  RpcRequestError,
  TimeoutError,
  TransactionReceiptNotFoundError,
} from 'viem';
import { isUnanswered, NODE_REASON_CHARACTERS_MAX, nodeUnavailable, reasonOf } from './node-errors.js';

const url = 'http://user:secret@node.example/key';
const rpc = (message: string) => new RpcRequestError({ body: {}, url, error: { code: -32000, message } });
const revert = new ContractFunctionExecutionError(
  new ContractFunctionRevertedError({ abi: [], functionName: 'f', message: 'authorization is expired' }),
  { abi: [], functionName: 'f' },
);

describe('what a node said', () => {
  it.each([
    ['no connection', new HttpRequestError({ url })],
    ['a time-out', new TimeoutError({ body: {}, url })],
    ['a rate limit', new LimitExceededRpcError(rpc('too many requests'))],
    ['an internal error', new InternalRpcError(rpc('oops'))],
    ['something that is no answer of a node', new TypeError('fetch failed')],
  ])('is no answer: %s', (_what, error) => {
    expect(isUnanswered(error)).toBe(true);
  });

  it.each([
    ['a revert', revert],
    ['a receipt that is not there', new TransactionReceiptNotFoundError({ hash: '0x00' })],
  ])('is an answer: %s', (_what, error) => {
    expect(isUnanswered(error)).toBe(false);
  });

  it('is told in one bounded line without addresses and credentials', () => {
    expect(reasonOf(revert)).toContain('authorization is expired');
    expect(reasonOf(rpc('nonce too low'))).toBe('nonce too low');
    expect(reasonOf(rpc(`a\n${url}`))).toBe('a');
    const longest = 'x'.repeat(NODE_REASON_CHARACTERS_MAX);
    expect([longest, `${longest}x`].map((text) => reasonOf(rpc(text)))).toEqual([longest, longest]);
    expect(reasonOf(new HttpRequestError({ url }))).not.toContain('secret');
    expect(reasonOf(new TypeError(url))).toBe('no answer');
  });

  it('becomes a 503 that may be tried again and does not give the URL away', () => {
    const error = nodeUnavailable(new HttpRequestError({ url }));
    expect(error).toMatchObject({ code: 'dependency-unavailable', status: 503, retryable: true });
    expect((error.cause as Error).message).toBe('HttpRequestError: HTTP request failed.');
    expect((nodeUnavailable('x').cause as Error).message).toBe('Error: no answer');
  });
});
