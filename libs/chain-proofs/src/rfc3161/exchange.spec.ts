import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sha256 } from '@touchstone/crypto';
import { available, isOpensslPresent, makeAuthority, OPENSSL_REMEDY } from '@touchstone/testing';
import { NONCE_BYTES, readTimeStampReply, timeStampQuery } from './exchange.js';

const digest = sha256(Uint8Array.of(1));
const nonce = Uint8Array.of(0x7f, 2, 3, 4, 5, 6, 7, 8);
const concat = (...parts: readonly (readonly number[] | Uint8Array)[]) =>
  Uint8Array.of(...parts.flatMap((part) => [...part]));
const sequence = (...parts: Uint8Array[]) => {
  const content = concat(...parts);
  return concat([0x30, content.length], content);
};
const status = (...value: number[]) => sequence(Uint8Array.of(0x02, value.length, ...value));

describe('a query', () => {
  it.each([0, NONCE_BYTES - 1, NONCE_BYTES + 1])('takes no nonce of %d bytes', (length) => {
    expect(() => timeStampQuery(digest, new Uint8Array(length).fill(1))).toThrow(RangeError);
  });

  it.each([0, 0x80])('takes no nonce that begins with %d: its length would be another', (first) => {
    expect(() => timeStampQuery(digest, Uint8Array.of(first, ...nonce.slice(1)))).toThrow(RangeError);
  });

  it('takes no digest of another length', () => {
    expect(() => timeStampQuery(digest.slice(1), nonce)).toThrow(RangeError);
  });
});

describe('a reply', () => {
  it.each([
    ['nothing', new Uint8Array(), 'the reply is no TimeStampResp'],
    ['a page', new TextEncoder().encode('<html>'), 'the reply is no TimeStampResp'],
    ['bytes behind it', concat(sequence(status(0)), [0]), 'the reply is no TimeStampResp'],
    ['a status below 0', sequence(status(0xff)), 'the reply is no TimeStampResp'],
    ['more in its status', sequence(sequence(Uint8Array.of(2, 1, 0, 4, 0))), 'the reply is no TimeStampResp'],
    ['more behind the token', sequence(status(0), sequence(), sequence()), 'the reply is no TimeStampResp'],
    ['a refusal', sequence(status(2)), 'the authority refused with status 2'],
    [
      'a refusal with words and a reason',
      sequence(sequence(Uint8Array.of(2, 1, 2), sequence(), Uint8Array.of(3, 2, 5, 0x20))),
      'the authority refused with status 2',
    ],
    ['no token', sequence(status(1)), 'the reply grants a token and has none'],
    ['no token at its place', sequence(status(0), sequence()), 'the token cannot be read'],
  ])('of %s gives no token and says why', (_name, bytes, reason) => {
    expect(readTimeStampReply(bytes, nonce)).toEqual({ ok: false, reason });
  });
});

const describeWithOpenssl = available(isOpensslPresent(), OPENSSL_REMEDY) ? describe : describe.skip;

describeWithOpenssl('an authority of openssl', () => {
  let authority: ReturnType<typeof makeAuthority>;
  beforeAll(() => {
    authority = makeAuthority();
  }, 60_000);
  afterAll(() => authority.remove());

  it('reads the query and its reply is read; another nonce is seen', () => {
    const reply = authority.reply(timeStampQuery(digest, nonce));
    const read = readTimeStampReply(reply, nonce);
    expect(read).toMatchObject({ ok: true });
    expect(readTimeStampReply(reply, nonce.with(7, 9))).toEqual({
      ok: false,
      reason: 'the token has another nonce than the request',
    });
  });
});
