import { bytesToHex, parseUtcTime } from '@touchstone/crypto';
import { isCanonical, tags, type DerValue } from './der.js';

/** Most bytes of an object identifier; those in use have a dozen. */
export const OID_BYTES_MAX = 256;

/** Thrown where DER is not of the structure that is read; {@link readStructure} turns it into `undefined`. */
export class UnexpectedDer extends Error {}

/**
 * Runs a reader of a structure.
 *
 * @returns what it reads, or `undefined` where the DER is of another structure
 */
export function readStructure<Structure>(read: () => Structure): Structure | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof UnexpectedDer) return undefined;
    throw error;
  }
}

/** Ends the reading of a structure where the condition does not hold. */
export function expectThat(condition: boolean): asserts condition {
  if (!condition) throw new UnexpectedDer();
}

/** The members of a value, taken in order. Every member is taken, so that nothing unread stands in what was signed. */
export class Members {
  readonly #members: readonly DerValue[];
  #next = 0;

  constructor(value: DerValue, tag: number = tags.sequence) {
    expectThat(value.tag === tag);
    this.#members = value.members;
  }

  /** The next member, of this tag where one is named. */
  take(tag?: number): DerValue {
    const member = this.#members[this.#next];
    expectThat(member !== undefined && (tag === undefined || member.tag === tag));
    this.#next += 1;
    return member;
  }

  /** The next member if it has one of these tags. */
  optional(...wanted: readonly number[]): DerValue | undefined {
    const member = this.#members[this.#next];
    if (member === undefined || !wanted.includes(member.tag)) return undefined;
    this.#next += 1;
    return member;
  }

  end(): void {
    expectThat(this.#next === this.#members.length);
  }
}

/** The only member of an explicitly tagged value. */
export function inside(value: DerValue, tag?: number): DerValue {
  const [member, ...others] = value.members;
  expectThat(member !== undefined && others.length === 0 && (tag === undefined || member.tag === tag));
  return member;
}

/** An object identifier in dotted form. */
export function readOid(value: DerValue): string {
  // Arcs of any length would be numbers of any size, which take long to compute.
  expectThat(value.tag === tags.oid && value.content.length <= OID_BYTES_MAX);
  const arcs: bigint[] = [];
  let arc = 0n;
  for (const byte of value.content) {
    arc = arc * 128n + BigInt(byte & 0x7f);
    if (byte >= 0x80) continue;
    arcs.push(arc);
    arc = 0n;
  }
  const [first, ...others] = arcs as [bigint, ...bigint[]];
  const root = first < 80n ? first / 40n : 2n;
  return [root, first - root * 40n, ...others].join('.');
}

/** The content of an INTEGER, or of what is one under an implicit tag; two's complement. */
export function readInteger({ content }: DerValue): bigint {
  expectThat(isCanonical(tags.integer, content));
  return BigInt.asIntN(8 * content.length, BigInt(`0x${bytesToHex(content)}`));
}

/** The bytes of a BIT STRING without unused bits. */
export function readBits(value: DerValue): Uint8Array {
  expectThat(value.tag === tags.bitString && value.content[0] === 0);
  return value.content.subarray(1);
}

const decoder = new TextDecoder();
const UTC_TIME = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;
const GENERALIZED_TIME = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;

/**
 * A time of either type in Zulu time (RFC 5280, section 4.1.2.5).
 *
 * @returns milliseconds since 1970
 */
export function readTime({ tag, content }: DerValue): number {
  expectThat(tag === tags.utcTime || tag === tags.generalizedTime);
  const isUtcTime = tag === tags.utcTime;
  const parts = (isUtcTime ? UTC_TIME : GENERALIZED_TIME).exec(decoder.decode(content));
  expectThat(parts !== null);
  const [, years, month, day, hour, minute, second] = parts as unknown as readonly string[];
  const year = isUtcTime ? `${Number(years) < 50 ? 20 : 19}${years}` : years;
  const at = parseUtcTime(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  expectThat(at !== undefined);
  return at;
}

/**
 * A GeneralizedTime that may have a fraction without zeros behind it (RFC 3161, section 2.4.2).
 *
 * @returns whole milliseconds since 1970
 */
export function readPreciseTime(value: DerValue): number {
  const text = decoder.decode(value.content);
  const [fraction = ''] = /\.\d*[1-9](?=Z$)/.exec(text) ?? [];
  const content = new TextEncoder().encode(text.replace(fraction, ''));
  return readTime({ ...value, content }) + Number(fraction.slice(1, 4).padEnd(3, '0'));
}
