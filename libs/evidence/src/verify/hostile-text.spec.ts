import { describe, expect, it } from '@jest/globals';
import { encodeRlp, decodeRlp, type RlpItem } from '@touchstone/chain-proofs';
import { bytesToHex, hexToBytes, keccak256 } from '@touchstone/crypto';
import { fixture, NOW_MS } from '../../test/fixture.js';
import { SCHEMA_ISSUE_CHARACTERS_MAX, SCHEMA_ISSUES_MAX } from '../schema-issues.js';
import { explainReport, verifyEvidence, type Anchor, type OutputBundle, type TrustFile } from '../index.js';

/** What would move a cursor, start a line or turn writing around in a terminal. */
const STEERING = /(?!\n)\p{Cc}|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

describe('what steers a terminal', () => {
  const codes = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, index) => from + index);

  it('is every control character but the end of a line, and nothing beside them', () => {
    const steering = codes(0x00, 0xff).filter((code) => STEERING.test(String.fromCharCode(code)));
    expect(steering).toEqual([...codes(0x00, 0x09), ...codes(0x0b, 0x1f), ...codes(0x7f, 0x9f)]);
  });
});

describe('text of a hostile bundle in the explanation', () => {
  const forged = '\u001b[2J\u001b[H\nVALID  label L2  (trust file as of 2026-06-01T12:00:00Z)\u202e\u0085';
  it.each([
    ['a member name', () => JSON.stringify({ [forged]: 1 })],
    ['a member name below an array', () => JSON.stringify({ anchors: [{ [forged]: [{}] }] })],
    ['a name that stands twice', () => `{${JSON.stringify(forged)}:1,${JSON.stringify(forged)}:2}`],
  ])('cannot forge a line with %s', (_name, text) => {
    const shown = explainReport(verifyEvidence(text(), { nowMs: NOW_MS }));
    expect(shown).not.toMatch(STEERING);
    expect(shown.split('\n').filter((line) => line.startsWith('VALID'))).toEqual([]);
    expect(shown).toContain('INVALID  label L0');
  });

  it('cannot forge a line with the origin of a checkpoint', async () => {
    const { bundle, trust } = await fixture();
    const logProofs = bundle.logProofs.map((proof) => ({
      ...proof,
      checkpoint: proof.checkpoint.replace(/^[^\n]*/, 'log.example/\u009b2J\u202e'),
    }));
    const shown = explainReport(
      verifyEvidence(JSON.stringify({ ...bundle, logProofs }), { trust, nowMs: NOW_MS }),
    );
    expect(shown).not.toMatch(STEERING);
  });

  const detailOf = (text: string): string => verifyEvidence(text, { nowMs: NOW_MS }).steps[0]?.detail ?? '';

  it('names SCHEMA_ISSUES_MAX findings and counts the rest', async () => {
    const { bundle } = await fixture();
    const wrong = (count: number): string =>
      detailOf(JSON.stringify({ ...bundle, anchors: Array.from({ length: count }, () => 1) }));
    expect(wrong(SCHEMA_ISSUES_MAX)).not.toContain('more');
    expect(wrong(SCHEMA_ISSUES_MAX + 1)).toMatch(/; and 1 more$/);
  });

  it('shows SCHEMA_ISSUE_CHARACTERS_MAX of one finding', async () => {
    const { bundle } = await fixture();
    const named = (length: number): string =>
      detailOf(JSON.stringify({ ...bundle, ['x'.repeat(length)]: 1 }));
    const around = named(1).length - 1;
    expect(named(SCHEMA_ISSUE_CHARACTERS_MAX - around)).toHaveLength(SCHEMA_ISSUE_CHARACTERS_MAX);
    expect(named(SCHEMA_ISSUE_CHARACTERS_MAX - around + 1)).toMatch(/…$/);
    expect(named(100_000)).toHaveLength(SCHEMA_ISSUE_CHARACTERS_MAX + 1);
  });
});

describe('a block from the end of time', () => {
  it('fails the anchor instead of throwing', async () => {
    const { bundle, trust } = await fixture();
    const changed = withTimes(bundle, trust, 2n ** 63n);
    const report = verifyEvidence(JSON.stringify(changed.bundle), { trust: changed.trust, nowMs: NOW_MS });
    expect(report).toMatchObject({ result: 'VALID', label: 'L1' });
    expect(report.steps.find(({ name }) => name === 'anchor')).toMatchObject({
      status: 'fail',
      optional: true,
    });
  });
});

/** The bundle with a block, trusted by the file, whose time and record's time are `seconds`. */
function withTimes(bundle: OutputBundle, trust: TrustFile, seconds: bigint) {
  const bytes = (hex: string): Uint8Array => hexToBytes(hex) ?? new Uint8Array();
  const list = (hex: string): RlpItem[] => [...(decodeRlp(bytes(hex)) as RlpItem[])];
  const [anchor] = bundle.anchors as [Extract<Anchor, { kind: 'evm' }>];
  const record = encodeRlp(bytes(((100n << 64n) | seconds).toString(16).padStart(18, '0')));
  const storage = list(anchor.proof.storageProof[0] ?? '');
  storage[1] = record;
  const storageNode = encodeRlp(storage);
  const state = list(anchor.proof.accountProof[0] ?? '');
  const account = [...(decodeRlp(state[1] as Uint8Array) as RlpItem[])];
  account[2] = keccak256(storageNode);
  state[1] = encodeRlp(account);
  const stateNode = encodeRlp(state);
  const header = list(anchor.proof.header);
  header[3] = keccak256(stateNode);
  header[11] = bytes(seconds.toString(16));
  const headerRlp = encodeRlp(header);
  const proof = {
    header: bytesToHex(headerRlp),
    accountProof: [bytesToHex(stateNode)],
    storageProof: [bytesToHex(storageNode)],
  };
  const blocks = [{ number: '102', hash: bytesToHex(keccak256(headerRlp)) }];
  return {
    bundle: { ...bundle, anchors: [{ ...anchor, proof }] },
    trust: { ...trust, chains: trust.chains.map((chain) => ({ ...chain, blocks })) },
  };
}
