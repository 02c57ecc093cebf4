import { describe, expect, it } from '@jest/globals';
import { vectorsPath, vectorsPresent } from '@touchstone/testing';
import canonicalize from 'canonicalize';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  canonicalBytes,
  canonicalJson,
  CanonicalJsonError,
  JSON_NUMBER_MAX,
  parseStrictJson,
} from './index.js';

const describeVectors = vectorsPresent ? describe : describe.skip;
const folder = 'json-canonicalization/testdata';
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const read = (path: string): Uint8Array => new Uint8Array(readFileSync(vectorsPath(`${folder}/${path}`)));

function expectedBytes(name: string): string {
  return Buffer.from(read(`outhex/${name}.txt`))
    .toString('ascii')
    .replaceAll(/\s/g, '');
}

describeVectors('cyberphone/json-canonicalization', () => {
  it.each(['arrays', 'french', 'structures', 'unicode', 'weird'])('canonicalises %s', (name) => {
    const parsed = parseStrictJson(read(`input/${name}.json`), { maxBytes: 10_000 });
    if (!parsed.ok) throw new Error(parsed.error.message);
    expect(hex(canonicalBytes(parsed.value))).toBe(expectedBytes(name));
    expect(hex(read(`output/${name}.json`))).toBe(expectedBytes(name));
  });

  it('refuses values for its 1E30, which I-JSON cannot promise, while the writer below the gate agrees', () => {
    const bytes = read('input/values.json');
    const parsed = parseStrictJson(bytes, { maxBytes: 10_000 });
    expect(parsed).toMatchObject({ error: { reason: 'number-out-of-range', pointer: '/numbers/1' } });
    const value = JSON.parse(new TextDecoder().decode(bytes)) as { numbers: number[] };
    expect(hex(Buffer.from(canonicalize(value) as string))).toBe(expectedBytes('values'));
    const within = { ...value, numbers: value.numbers.filter((number) => number <= JSON_NUMBER_MAX) };
    expect(canonicalJson(within)).toBe(canonicalize(within));
  });
});

const staticValues = /0x[0-9a-f]{16}n/g;
const SERIAL_START = 0x0010000000000000n;
const SERIAL_COUNT = 2000;

/** The published sequence: fixed edge cases, 2000 neighbours of the smallest normal number, then SHA-256 chained. */
function* numberSequence(readme: string): Generator<number> {
  const statics = readme.slice(readme.indexOf('staticU64s'), readme.indexOf('staticF64s'));
  const view = new DataView(new ArrayBuffer(8));
  const fromBits = (bits: bigint): number => {
    view.setBigUint64(0, bits);
    return view.getFloat64(0);
  };
  for (const [literal] of statics.matchAll(staticValues)) yield fromBits(BigInt(literal.slice(0, -1)));
  for (let index = 0; index < SERIAL_COUNT; index += 1) yield fromBits(SERIAL_START + BigInt(index));
  let block: Uint8Array = new Uint8Array(32);
  for (;;) {
    block = createHash('sha256').update(block).digest();
    const doubles = new DataView(block.buffer, block.byteOffset, 32);
    for (let offset = 0; offset < 32; offset += 8) {
      const value = doubles.getFloat64(offset, true);
      if (value !== 0 && Number.isFinite(value)) yield value;
    }
  }
}

/** Our text where the gate lets the number pass; the writer's own where the gate must refuse it. */
function numberText(value: number): string {
  if (Math.abs(value) <= JSON_NUMBER_MAX) return canonicalJson(value);
  try {
    canonicalJson(value);
  } catch (error) {
    if (error instanceof CanonicalJsonError && error.reason === 'number-out-of-range')
      return canonicalize(value) as string;
  }
  throw new Error(`${value} passed the gate`);
}

describeVectors('the ES6 number sequence', () => {
  it('has the published checksums after 1,000, 10,000, 100,000 and 1,000,000 lines', () => {
    const readme = Buffer.from(read('README.md')).toString('utf8');
    const published = [...readme.matchAll(/^\| ([0-9a-f]{64}) \| (\d+) /gm)].slice(0, 4);
    const checksums = new Map(published.map(([, checksum, lines]) => [Number(lines), checksum]));
    expect([...checksums.keys()]).toEqual([1_000, 10_000, 100_000, 1_000_000]);
    const digest = createHash('sha256');
    const bits = new DataView(new ArrayBuffer(8));
    let lines = 0;
    let pending = '';
    const measured = new Map<number, string>();
    // A stack trace for each of the half million refused numbers would take most of the time.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    for (const value of numberSequence(readme)) {
      bits.setFloat64(0, value);
      pending += `${bits.getBigUint64(0).toString(16)},${numberText(value)}\n`;
      lines += 1;
      if (lines % 1_000 === 0) {
        digest.update(pending);
        pending = '';
        if (checksums.has(lines)) measured.set(lines, digest.copy().digest('hex'));
        if (lines === 1_000_000) break;
      }
    }
    Error.stackTraceLimit = stackTraceLimit;
    expect(measured).toEqual(checksums);
  });
});
