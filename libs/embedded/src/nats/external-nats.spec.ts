import { describe, expect, it } from '@jest/globals';
import { readNatsUrl } from './external-nats.js';

describe('NATS_URL', () => {
  it.each([
    ['nats://nats.example:4222', 'nats://nats.example:4222', undefined],
    ['nats.example', 'nats://nats.example', undefined],
    ['localhost:4222', 'nats://localhost:4222', undefined],
    ['nats://127.0.0.1:4222/', 'nats://127.0.0.1:4222', undefined],
    ['nats://[::1]:4222', 'nats://[::1]:4222', undefined],
    ['tls://me:p%40ss@a:1', 'tls://a:1', { user: 'me', password: 'p@ss' }],
    ['nats://me:pass@a:1, nats://b:2,c', 'nats://a:1,nats://b:2,nats://c', { user: 'me', password: 'pass' }],
  ])('%s', (text, url, login) => {
    expect(readNatsUrl(text)).toEqual({ url, login });
  });

  it.each([
    '',
    'http://a:1',
    'nats://',
    'nats://a:1,',
    'nats://a:99999',
    'nats://me:hunter2@a:1/x',
    'a b',
    'nats://me:%zz@a:1',
  ])('refuses "%s" without repeating it', (text) => {
    expect(() => readNatsUrl(text)).toThrow(expect.objectContaining({ code: 'config-invalid' }));
    expect(() => readNatsUrl(text)).toThrow(/^NATS_URL names no NATS server; write nats:\/\/host:4222/);
  });
});
