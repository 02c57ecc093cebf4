import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  available,
  isOpensslPresent,
  OPENSSL_REMEDY,
  pythonWithCryptography,
  verifyPairsIndependently,
  type IndependentCase,
  type IndependentReport,
} from '@touchstone/testing';
import { readTrustFile, verifyEvidence } from '../src/index.js';
import { NOW_MS } from './fixture.js';
import { mutations, type Json } from './mutations.js';
import { failing, holding, prepareTokenCases, removeAuthorities, tokenCase } from './token-cases.js';
import { ourVerdict, theirVerdict } from './verdict.js';

const NOW = '2026-06-01T12:00:00Z';
const SEED = 20_261_129;
const MUTATIONS_OF_A_CASE = 150;
const python = pythonWithCryptography();
const describeTokens =
  python !== undefined && available(isOpensslPresent(), OPENSSL_REMEDY) ? describe : describe.skip;

beforeAll(prepareTokenCases);
afterAll(removeAuthorities);

interface Proof {
  token: string;
  certificates: string[];
  revocation: string[];
}
interface TokenBundle {
  readonly anchors: readonly [{ readonly proof: Proof }];
}
type Place = ['token'] | ['certificates' | 'revocation', number];

/** Where a value of DER begins, where its contents do, and where it ends; nothing is believed but the lengths. */
interface Value {
  readonly start: number;
  readonly body: number;
  readonly end: number;
}

/** Every value of a text of DER at any depth, also inside octet strings. */
function valuesOf(bytes: Uint8Array, start = 0, end = bytes.length, depth = 0): Value[] {
  const values: Value[] = [];
  for (let at = start; at + 2 <= end && depth < 24;) {
    const first = bytes[at + 1] as number;
    const count = first < 0x80 ? 0 : first & 0x7f;
    const body = at + 2 + count;
    if (count > 3 || body > end) return values;
    const length = count === 0 ? first : Buffer.from(bytes.subarray(at + 2, body)).readUIntBE(0, count);
    if (body + length > end) return values;
    const value = { start: at, body, end: body + length };
    const isNested = ((bytes[at] as number) & 0x20) !== 0 || bytes[at] === 0x04;
    values.push(value, ...(isNested ? valuesOf(bytes, body, value.end, depth + 1) : []));
    at = value.end;
  }
  return values;
}

const spliced = (bytes: Uint8Array, from: number, to: number, ...put: Uint8Array[]): Uint8Array =>
  Buffer.concat([bytes.subarray(0, from), ...put, bytes.subarray(to)]);
const withByte = (bytes: Uint8Array, at: number, change: (byte: number) => number): Uint8Array =>
  bytes.map((byte, index) => (index === at ? change(byte) : byte));

/** What is done to the bytes; `dice` are fractions below 1. */
const changes: readonly ((bytes: Uint8Array, value: Value, other: Value, dice: number) => Uint8Array)[] = [
  (bytes, { body, end }, _other, dice) =>
    withByte(bytes, Math.min(bytes.length - 1, body + Math.floor(dice * (end - body))), (byte) => byte ^ 1),
  (bytes, _value, _other, dice) =>
    withByte(bytes, Math.floor(dice * bytes.length), (byte) => (byte + 1 + Math.floor(dice * 254)) & 0xff),
  (bytes, { start }, _other, dice) => withByte(bytes, start, () => Math.floor(dice * 256)),
  (bytes, { start }, _other, dice) =>
    withByte(bytes, start + 1, (byte) => (byte + (dice < 0.5 ? 1 : 255)) & 0xff),
  (bytes, { start, end }) => spliced(bytes, start, end),
  (bytes, { start, end }) => spliced(bytes, end, end, bytes.subarray(start, end)),
  (bytes, { start, end }, other) => spliced(bytes, start, end, bytes.subarray(other.start, other.end)),
  (bytes, { start, end }) => spliced(bytes, start, end, Uint8Array.of(5, 0)),
  (bytes, _value, _other, dice) => bytes.subarray(0, Math.floor(dice * bytes.length)),
  (bytes, _value, _other, dice) => Buffer.concat([bytes, Uint8Array.of(Math.floor(dice * 256))]),
  // A length in more bytes than it needs: BER, and no DER.
  (bytes, { start, body, end }) =>
    end - body < 0x80 ? spliced(bytes, start + 1, start + 2, Uint8Array.of(0x81, end - body)) : bytes,
];

/** The same bundle with other bytes in one place of its token. */
function mutated(
  { bundle, trust }: IndependentCase,
  [where, how, one, two, dice]: number[],
): IndependentCase {
  const document = JSON.parse(bundle) as TokenBundle;
  const { proof } = document.anchors[0];
  const places: Place[] = [
    ['token'],
    ...proof.certificates.map((_, index): Place => ['certificates', index]),
    ...proof.revocation.map((_, index): Place => ['revocation', index]),
  ];
  const [member, index = 0] = pick(places, where);
  const text = member === 'token' ? proof.token : (proof[member][index] as string);
  const bytes = new Uint8Array(Buffer.from(text, 'base64'));
  const values = valuesOf(bytes);
  if (values.length === 0) return { bundle, trust };
  const changed = pick(changes, how)(bytes, pick(values, one), pick(values, two), dice as number);
  const put = Buffer.from(changed).toString('base64');
  if (member === 'token') proof.token = put;
  else proof[member][index] = put;
  return { bundle: JSON.stringify(document), trust };
}

const pick = <T>(list: readonly T[], dice = 0): T => list[Math.floor(dice * list.length)] as T;

/** Verdict and reason of ours; the reasons are those of protocol section 7. */
function ours({ bundle, trust }: IndependentCase): string {
  const report = verifyEvidence(bundle, { trust: readTrustFile(trust as string), nowMs: NOW_MS });
  return `${ourVerdict(bundle, trust)}; ${reasonOf(report.steps.find(({ name }) => name === 'anchor'))}`;
}

function theirs(report: IndependentReport | { readonly refused: string } | undefined): string {
  const steps = report && 'steps' in report ? report.steps : [];
  return `${theirVerdict(report)}; ${reasonOf(steps.find(({ step }) => step === 'anchor'))}`;
}

const reasonOf = (step: { status: string; detail?: string } | undefined): string =>
  step === undefined ? 'no anchor' : `${step.status} ${step.detail ?? ''}`.trim();

function expectAgreement(cases: readonly IndependentCase[]): string[] {
  const found = cases.map(ours);
  const differing = verifyPairsIndependently(python as string, cases, NOW).flatMap((report, index) => {
    const their = theirs(report);
    return found[index] === their ? [] : [`${index}: ours ${found[index]} | theirs ${their}`];
  });
  expect(differing.slice(0, 10)).toEqual([]);
  return found;
}

describeTokens('the two verifiers give one answer and one reason', () => {
  const cases = () => [...holding, ...failing.map(([, ...each]) => each)];

  it('for every token that holds or fails', () => {
    expectAgreement(cases().map(([, options, alter]) => tokenCase(options, alter)));
  }, 120_000);

  it.each(holding.map(([name], index) => [name, index] as const))(
    'for whatever is done to the bytes of one: %s',
    (_name, place) => {
      const [, options, alter] = holding[place] as (typeof holding)[number];
      const original = tokenCase(options, alter);
      const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
      const rolls = fc.sample(fc.array(unit, { minLength: 5, maxLength: 5 }), {
        numRuns: MUTATIONS_OF_A_CASE,
        seed: SEED + place,
      });
      const answers = expectAgreement(rolls.map((roll) => mutated(original, roll)));
      // Most of it is noticed; a place that is signed nowhere may change without another meaning.
      const failed = answers.filter((answer) => answer.includes('the token fails at'));
      expect(failed.length).toBeGreaterThan(MUTATIONS_OF_A_CASE / 2);
    },
    120_000,
  );

  it('for every member of the anchor and of its authority', () => {
    const { bundle, trust } = tokenCase({}, (authority) => ({
      certificates: [authority.root],
      revocation: [authority.crl('signer')],
    }));
    const other = JSON.parse(tokenCase({}, () => ({})).bundle) as Json;
    const isOfAnchor = ({ pointer }: { readonly pointer: string }) => pointer.startsWith('/anchors');
    const changed = [...mutations(JSON.parse(bundle) as Json, other)].filter(isOfAnchor);
    expect(changed.length).toBeGreaterThan(50);
    expectAgreementOfVerdicts(changed.map(({ text }) => ({ bundle: text, trust })));
    const isOfAuthority = ({ pointer }: { readonly pointer: string }) => pointer.startsWith('/tsas');
    const believed = [...mutations(JSON.parse(trust) as Json, JSON.parse(trust) as Json)].filter(
      isOfAuthority,
    );
    expect(believed.length).toBeGreaterThan(50);
    expectAgreementOfVerdicts(believed.map(({ text }) => ({ bundle, trust: text })));
  }, 120_000);
});

/** Of documents that a gate may refuse, so that there is no anchor to give a reason for. */
function expectAgreementOfVerdicts(cases: readonly IndependentCase[]): void {
  const reports = verifyPairsIndependently(python as string, cases, NOW);
  const differing = cases.flatMap(({ bundle, trust }, index) => {
    const [our, their] = [ourVerdict(bundle, trust), theirVerdict(reports[index])];
    return our === their ? [] : [`${index}: ours ${our} | theirs ${their}`];
  });
  expect(differing.slice(0, 10)).toEqual([]);
}
