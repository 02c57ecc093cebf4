import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  available,
  isOpensslPresent,
  OPENSSL_REMEDY,
  pythonWithCryptography,
  verifyPairsIndependently,
  type IndependentCase,
  type IndependentReport,
} from '@touchstone/testing';
import type { TrustFile } from '../src/index.js';
import {
  commitment,
  failing,
  genTimeOf,
  holding,
  NETWORK,
  none,
  prepareTokenCases,
  removeAuthorities,
  tokenCase,
  type Alter,
  type Tsa,
} from './token-cases.js';

const python = pythonWithCryptography();
const describeTokens =
  python !== undefined && available(isOpensslPresent(), OPENSSL_REMEDY) ? describe : describe.skip;

const NOW = '2026-06-01T12:00:00Z';
/** Long after every token that a test makes. */
const LATER = '2099-01-01T00:00:00Z';
const WEEK_MS = 7 * 86_400_000;

beforeAll(prepareTokenCases);
afterAll(removeAuthorities);

const judge = (each: IndependentCase, now = NOW): IndependentReport => {
  const [report] = verifyPairsIndependently(python as string, [each], now);
  if (!report || !('steps' in report)) throw new Error(JSON.stringify(report));
  return report;
};
const anchorStep = ({ steps }: IndependentReport) => steps.find(({ step }) => step === 'anchor');

describeTokens('tokens before the verifier that shares no code with ours', () => {
  const reports: IndependentReport[] = [];
  beforeAll(() => {
    const cases = [...holding, ...failing.map(([, ...each]) => each)];
    const texts = cases.map(([, options, alter]) => tokenCase(options, alter));
    reports.push(...(verifyPairsIndependently(python as string, texts, NOW) as IndependentReport[]));
  }, 120_000);

  it.each(holding.map(([name], index) => [name, index] as const))('hold: %s', (_name, index) => {
    const report = reports[index] as IndependentReport;
    expect(anchorStep(report)).toMatchObject({ status: 'pass' });
    expect(report).toMatchObject({ result: 'VALID', label: 'L2' });
  });

  it.each(failing.map(([check, name], index) => [check, name, holding.length + index] as const))(
    'fail at %s: %s',
    (check, _name, index) => {
      const report = reports[index] as IndependentReport;
      const detail = `the token fails at ${check}`;
      expect(anchorStep(report)).toMatchObject({ status: 'fail', optional: true, detail });
      expect(report).toMatchObject({ result: 'VALID', label: 'L1' });
      expect(report.remarks).toContain('contains-false-part');
    },
  );

  it('say that they rest on the roots alone where no list was given', () => {
    const detail = 'no revocation list was given: rests on the roots alone';
    expect(anchorStep(judge(tokenCase({}, none)))).toMatchObject({ status: 'pass', detail });
    const listed = tokenCase({}, (authority) => ({ revocation: [authority.crl('signer')] }));
    expect(anchorStep(judge(listed))).toMatchObject({ status: 'pass', detail: '' });
  });

  it('are not checked where the trust file does not name their authority', () => {
    const report = judge(tokenCase({}, none, { tsas: [], independent: [] }));
    expect(anchorStep(report)).toMatchObject({ status: 'not-checked' });
    expect(report.label).toBe('L1');
  });

  it('of an authority that is marked test give L2-test', () => {
    const report = judge(tokenCase({}, () => ({ tsa: { test: true } }), { independent: [] }));
    expect(report).toMatchObject({ result: 'VALID', label: 'L2-test' });
  });

  it.each([
    ['a second, where they have no accuracy', '', 1_000],
    ['their accuracy, rounded up', 'secs:2, microsecs:1', 2_001],
  ])('are uncertain by %s', (_name, accuracy, uncertaintyMs) => {
    let saidMs = 0;
    const { bundle: text, trust: file } = tokenCase({ accuracy }, (authority) => {
      const token = authority.stamp(commitment);
      const info = authority.tstInfo(token);
      const at = Buffer.from(info.slice(genTimeOf(info), genTimeOf(info) + 14)).toString();
      saidMs = Date.parse(at.replace(/(....)(..)(..)(..)(..)(..)/, '$1-$2-$3T$4:$5:$6Z'));
      return { token };
    });
    const keyState = (endMs: number) => {
      const parsed = JSON.parse(file) as TrustFile;
      const keys = parsed.keys.map((key) => ({ ...key, not_after: new Date(endMs).toISOString() }));
      const { steps } = judge({ bundle: text, trust: JSON.stringify({ ...parsed, keys }) }, LATER);
      return steps.find(({ step }) => step === 'key-state')?.status;
    };
    // A key that has ended signs nothing for more than a week (protocol section 5).
    expect(keyState(saidMs + uncertaintyMs - WEEK_MS)).toBe('pass');
    expect(keyState(saidMs + uncertaintyMs - WEEK_MS - 1)).toBe('fail');
  });

  it.each([
    ['a source of time that is a test', [{}], [NETWORK], true],
    ['an authority that is listed twice', [{}, {}], [], false],
    ['a root that is no certificate', [{ roots: ['BQA='] }], [], false],
    ['an authority without roots', [{ roots: [] }], [], false],
    ['a policy that is no object identifier', [{ policies: ['1.02'] }], [], false],
  ] as [string, Partial<Tsa>[], string[], boolean][])(
    'of a trust file that is refused: %s',
    (_name, tsas, independent, test) => {
      const { bundle: text, trust: file } = tokenCase({}, () => ({ tsa: { test } }), { independent: [] });
      const parsed = JSON.parse(file) as TrustFile;
      const changed = { ...parsed, tsas: tsas.map((each) => ({ ...parsed.tsas[0], ...each })), independent };
      const [answer] = verifyPairsIndependently(
        python as string,
        [{ bundle: text, trust: JSON.stringify(changed) }],
        NOW,
      );
      expect(answer).toHaveProperty('refused');
    },
  );

  it('of more than 16 attachments do not pass the gate', () => {
    const many =
      (count: number): Alter =>
      ({ root }) => ({ certificates: Array<Uint8Array>(count).fill(root) });
    expect(judge(tokenCase({}, many(16))).label).toBe('L2');
    expect(judge(tokenCase({}, many(17))).steps).toMatchObject([{ step: 'gate', status: 'fail' }]);
  });
});
