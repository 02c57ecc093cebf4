import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { EventEmitter } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import {
  allowUpload,
  limitBodyTime,
  LONG_REQUEST_TIMEOUT_MS,
  UPLOADED_BYTES_PER_SECOND,
} from './body-time.js';
import { REQUEST_TIMEOUT_MS } from './limits.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** A request whose body does not end, and how often it was called late. */
function slowRequest(headers: Record<string, string>) {
  const request = Object.assign(new EventEmitter(), {
    ...{ headers, complete: false, socket: { destroyed: false } },
  }) as unknown as IncomingMessage;
  const late = jest.fn();
  const server = new EventEmitter().on('clientError', late) as unknown as Server;
  limitBodyTime(server, request, REQUEST_TIMEOUT_MS);
  return { request, late };
}

describe('the body of a request', () => {
  it.each([{ 'content-length': '10' }, { 'transfer-encoding': 'chunked' }])(
    'is late after REQUEST_TIMEOUT_MS: %j',
    (headers) => {
      const { late } = slowRequest(headers);
      jest.advanceTimersByTime(REQUEST_TIMEOUT_MS - 1);
      expect(late).not.toHaveBeenCalled();
      jest.advanceTimersByTime(1);
      expect(late).toHaveBeenCalledTimes(1);
    },
  );

  it('has no time where there is none, or where the request ended', () => {
    const none = slowRequest({});
    const ended = slowRequest({ 'content-length': '10' });
    ended.request.emit('close');
    jest.advanceTimersByTime(LONG_REQUEST_TIMEOUT_MS);
    expect([none.late.mock.calls, ended.late.mock.calls]).toEqual([[], []]);
  });

  it('gets a second more for each UPLOADED_BYTES_PER_SECOND of a file, and LONG_REQUEST_TIMEOUT_MS at most', () => {
    const { request, late } = slowRequest({ 'content-length': '10' });
    allowUpload(request, 20 * UPLOADED_BYTES_PER_SECOND + 1);
    jest.advanceTimersByTime(REQUEST_TIMEOUT_MS + 21_000 - 1);
    expect(late).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    expect(late).toHaveBeenCalledTimes(1);
    const large = slowRequest({ 'content-length': '10' });
    allowUpload(large.request, Number.MAX_SAFE_INTEGER);
    jest.advanceTimersByTime(LONG_REQUEST_TIMEOUT_MS - 1);
    expect(large.late).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    expect(large.late).toHaveBeenCalledTimes(1);
  });
});
