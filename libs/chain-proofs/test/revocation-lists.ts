import { der, explicit, integer, octets, oid, sequence } from './der-writer.js';
import {
  digest,
  ECDSA_SHA256,
  extension,
  generalizedTime,
  SHA256,
  signed,
  utcTime,
  type Party,
} from './time-stamps.js';

export const reason = (code: number): Uint8Array =>
  sequence(extension('2.5.29.21', der(0x0a, [code]), false));
export const entry = (serial: number, at: string, ...more: Uint8Array[]): Uint8Array =>
  sequence(integer(serial), generalizedTime(at), ...more);

interface CrlParts {
  readonly by?: Party;
  readonly head?: readonly Uint8Array[];
  readonly tail?: readonly Uint8Array[];
  readonly inner?: Uint8Array;
}
export function crl(
  issuer: Party,
  entries: readonly Uint8Array[],
  { by = issuer, head = [integer(1)], tail = [], inner }: CrlParts = {},
): Uint8Array {
  const list = entries.length > 0 ? sequence(...entries) : [];
  const tbs = sequence(...head, inner ?? ECDSA_SHA256, by.name, utcTime('260601000000Z'), list, ...tail);
  return signed(tbs, by);
}

export const good = der(0x80);
export const revokedAt = (at: string, code?: number): Uint8Array =>
  explicit(1, generalizedTime(at), code === undefined ? [] : explicit(0, der(0x0a, [code])));
interface OcspParts {
  readonly by?: Party;
  readonly algorithm?: Uint8Array;
  readonly hash?: string;
  readonly serial?: number;
  readonly key?: Uint8Array;
  readonly status?: number;
  readonly type?: string;
}
export function ocsp(issuer: Party, status: Uint8Array, parts: OcspParts = {}): Uint8Array {
  const {
    by = issuer,
    algorithm = SHA256,
    hash = 'sha256',
    serial = 8,
    key = issuer.publicKey.subarray(-65),
  } = parts;
  const id = sequence(
    algorithm,
    octets(digest(hash, issuer.name)),
    octets(digest(hash, key)),
    integer(serial),
  );
  const answer = sequence(id, status, generalizedTime('20260601000000Z'));
  const tbs = sequence(explicit(1, by.name), generalizedTime('20260601000000Z'), sequence(answer));
  const basic = sequence(oid(parts.type ?? '1.3.6.1.5.5.7.48.1.1'), octets(signed(tbs, by)));
  return sequence(der(0x0a, [parts.status ?? 0]), explicit(0, basic));
}
