import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import {
  prepareTrust,
  verifyEvidence,
  type OutputBundle,
  type TrustFile,
  type VerificationReport,
} from '../index.js';
import { NOW_MS } from '../../test/fixture.js';

type Anchor = OutputBundle['anchors'][number] & { readonly kind: 'rfc3161' };
interface Input {
  readonly bundle: OutputBundle;
  readonly trust: TrustFile;
}
const { cases } = JSON.parse(
  readFileSync(new URL('../../vectors/rfc3161.json', import.meta.url), 'utf8'),
) as { cases: readonly { name: string; input: Input; expected: { check: string | null; report: object } }[] };
const inputOf = (name: string): Input => {
  const vector = cases.find((each) => each.name === name);
  if (!vector) throw new Error(name);
  return vector.input;
};

const judge = ({ bundle, trust }: Input): VerificationReport =>
  verifyEvidence(JSON.stringify(bundle), { trust, nowMs: NOW_MS });
const stepOf = (report: VerificationReport) => report.steps.find(({ name }) => name === 'anchor');

/** The same bundle with its token in another text. */
function withToken({ bundle, trust }: Input, change: (base64: string) => string): Input {
  const [anchor] = bundle.anchors as [Anchor];
  const proof = { ...anchor.proof, token: change(anchor.proof.token) };
  return { bundle: { ...bundle, anchors: [{ ...anchor, proof }] }, trust };
}

describe('a token as anchor', () => {
  it('says what it rests on, and when nobody said that no certificate was revoked', () => {
    const step = stepOf(judge(inputOf('RSA below another')));
    expect(step).toMatchObject({
      status: 'pass',
      restsOn: 'trust file: authority tsa:example and its root certificates',
      detail: 'no revocation list was given: rests on the roots alone',
    });
    expect(step?.actual).toMatch(
      /^stamped at 2026-06-01T11:01:00\.000Z to within 1000 ms under policy 1\.3\.6\.1\.4\.1\.32473\.3161 by the certificate \d+$/,
    );
    expect(stepOf(judge(inputOf('a list without the certificate')))).not.toHaveProperty('detail');
  });

  it('that does not hold is a side step that fails', () => {
    const report = judge(inputOf('another signature'));
    expect(report).toMatchObject({ result: 'VALID', label: 'L1' });
    expect(stepOf(report)).toMatchObject({
      status: 'fail',
      optional: true,
      detail: 'the token fails at signature',
    });
  });

  it('is not checked without a trust file, or where that does not name its authority', () => {
    const { bundle, trust } = inputOf('ECDSA P-256');
    const restsOn = 'trust file: authority tsa:example';
    expect(stepOf(judge({ bundle, trust: { ...trust, tsas: [] } }))).toMatchObject({
      status: 'not-checked',
      restsOn,
    });
    const untrusting = verifyEvidence(JSON.stringify(bundle), { nowMs: NOW_MS });
    expect(stepOf(untrusting)).toMatchObject({ status: 'not-checked', restsOn });
  });

  it('in base64 of a second spelling fails', () => {
    const loose = (text: string): string =>
      text.replace(
        /([AQgw])==$|([AEIMQUYcgkosw048])=$/,
        (all) => String.fromCharCode(all.charCodeAt(0) + 1) + all.slice(1),
      );
    const spelled = cases
      .map(({ input }) => input)
      .find(({ bundle }) => {
        const [anchor] = bundle.anchors;
        return anchor?.kind === 'rfc3161' && anchor.proof.token.endsWith('=');
      }) as Input;
    const changed = withToken(spelled, loose);
    expect(changed).not.toEqual(spelled);
    expect(stepOf(judge(changed))).toMatchObject({ status: 'fail', detail: 'the token fails at der' });
  });

  it('has no path to a root that is none, in a trust file that nobody has checked', () => {
    const { bundle, trust } = inputOf('ECDSA P-256');
    const [tsa] = trust.tsas as [TrustFile['tsas'][number]];
    const unreadable = { ...tsa, roots: ['MAB=', 'MAA='] };
    expect(stepOf(judge({ bundle, trust: { ...trust, tsas: [unreadable] } }))).toMatchObject({
      status: 'fail',
      detail: 'the token fails at chain',
    });
  });

  it('gives the same report with a trust file that has judged everything else before', () => {
    const prepared = new Map<string, ReturnType<typeof prepareTrust>>();
    for (const { input, expected } of [...cases, ...cases.toReversed()]) {
      const name = JSON.stringify(input.trust);
      const trust = prepared.get(name) ?? prepareTrust(input.trust);
      prepared.set(name, trust);
      const report = verifyEvidence(JSON.stringify(input.bundle), { trust, nowMs: NOW_MS });
      expect(JSON.parse(JSON.stringify({ ...report, remarks: [...report.remarks] }))).toEqual(
        expected.report,
      );
    }
    expect(prepared.size).toBeLessThan(cases.length);
  });

  it('fails at every check in one of the vectors, and passes in others', () => {
    expect([...new Set(cases.map(({ expected }) => expected.check))].sort()).toEqual(
      [
        'accuracy',
        'attributes',
        'chain',
        'content',
        'der',
        'eku',
        'imprint',
        'imprint-algorithm',
        'policy',
        'revoked',
        'serial',
        'signature',
        'signing-certificate',
        'time',
        'validity',
        null,
      ].sort(),
    );
  });

  it('raises no label with one more authority, root or certificate that is not its own', () => {
    const { bundle, trust } = inputOf('a path to another root');
    expect(judge({ bundle, trust }).label).toBe('L1');
    const own = inputOf('ECDSA P-256').trust.tsas[0] as TrustFile['tsas'][number];
    const [other] = trust.tsas as [TrustFile['tsas'][number]];
    const renamed = { ...own, network: 'tsa:own' };
    expect(judge({ bundle, trust: { ...trust, tsas: [other, renamed] } }).label).toBe('L1');
    const both = { ...other, roots: [...other.roots, ...own.roots] };
    expect(judge({ bundle, trust: { ...trust, tsas: [both] } }).label).toBe('L2');
  });
});
