import { expectThat, Members, readInteger, readStructure } from './der-members.js';
import { readDer, tags } from './der.js';
import { tokenOf } from './token.js';

/** Bytes of a nonce; the first is 1 to 127, so that it is a positive integer of exactly this length. */
export const NONCE_BYTES = 8;
const SHA_256_BYTES = 32;

/** TimeStampReq up to the digest: version 1, imprint by SHA-256. */
const HEAD = Uint8Array.of(
  ...[0x30, 0x43, 0x02, 0x01, 0x01, 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09],
  ...[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20],
);
/** `certReq`: the certificate that signs comes with the token. */
const TAIL = Uint8Array.of(0x01, 0x01, 0xff);
const GRANTED: readonly bigint[] = [0n, 1n];

/**
 * A TimeStampReq (RFC 3161, section 2.4.1) for a SHA-256 digest, with a nonce and without a policy.
 *
 * @param nonce {@link NONCE_BYTES} bytes, the first of them 1 to 127
 * @throws RangeError for a digest or a nonce of another form
 */
export function timeStampQuery(digest: Uint8Array, nonce: Uint8Array): Uint8Array {
  if (digest.length !== SHA_256_BYTES) throw new RangeError(`A SHA-256 digest has ${SHA_256_BYTES} bytes.`);
  const [first = 0] = nonce;
  if (nonce.length !== NONCE_BYTES || first < 1 || first > 0x7f)
    throw new RangeError(`A nonce has ${NONCE_BYTES} bytes, the first of them 1 to 127.`);
  return Uint8Array.of(...HEAD, ...digest, tags.integer, NONCE_BYTES, ...nonce, ...TAIL);
}

/** The token of a reply, or why there is none. */
export type TimeStampReply =
  { readonly ok: true; readonly token: Uint8Array } | { readonly ok: false; readonly reason: string };

/**
 * Reads a TimeStampResp (RFC 3161, section 2.4.2). The token is the one that was asked for when its nonce is; whether it holds is for
 * `TokenVerifier`.
 */
export function readTimeStampReply(bytes: Uint8Array, nonce: Uint8Array): TimeStampReply {
  const reply = readDer(bytes);
  const read = reply && readStructure(() => partsOf(reply));
  if (read === undefined) return { ok: false, reason: 'the reply is no TimeStampResp' };
  if (!GRANTED.includes(read.status))
    return { ok: false, reason: `the authority refused with status ${read.status}` };
  if (read.token === undefined) return { ok: false, reason: 'the reply grants a token and has none' };
  const { token } = read;
  const info = readStructure(() => tokenOf(token).info);
  if (info === undefined) return { ok: false, reason: 'the token cannot be read' };
  const asked = nonce.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
  if (info.nonce !== asked) return { ok: false, reason: 'the token has another nonce than the request' };
  return { ok: true, token: token.whole };
}

function partsOf(reply: NonNullable<ReturnType<typeof readDer>>) {
  const parts = new Members(reply);
  const info = new Members(parts.take(tags.sequence));
  const status = readInteger(info.take(tags.integer));
  info.optional(tags.sequence);
  info.optional(tags.bitString);
  info.end();
  const token = parts.optional(tags.sequence);
  parts.end();
  expectThat(status >= 0n);
  return { status, token };
}
