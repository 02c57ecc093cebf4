import { beforeAll, describe, expect, it } from '@jest/globals';
import { canonicalJson } from '@touchstone/canonical-json';
import { fixture, NOW_MS } from '../../test/fixture.js';
import {
  buildBundle,
  bundleText,
  CONTAINS_FALSE_PART,
  verifyEvidence,
  type OutputBundle,
  type TrustFile,
} from '../index.js';

let bundle: OutputBundle;
let trust: TrustFile;

beforeAll(async () => {
  ({ bundle, trust } = await fixture());
});

const verify = (value: unknown, using: TrustFile | undefined = trust) =>
  verifyEvidence(JSON.stringify(value), { ...(using ? { trust: using } : {}), nowMs: NOW_MS });

const statusOf = (report: ReturnType<typeof verify>, name: string) =>
  report.steps.find((step) => step.name === name)?.status;

describe('verifyEvidence', () => {
  it('awards L2 when every step passes, with time from the anchor', () => {
    const report = verifyEvidence(bundleText(bundle), { trust, nowMs: NOW_MS });
    expect(report.steps.filter(({ status }) => status === 'fail')).toEqual([]);
    expect(report).toMatchObject({ result: 'VALID', label: 'L2', trustAsOf: trust.asOf, remarks: [] });
    expect(report.trustedTime?.source).toBe('eip155:8453');
  });

  it('says what every passed step rests on', () => {
    for (const step of verify(bundle).steps) expect(step.restsOn.length).toBeGreaterThan(5);
  });

  it('calls an anchor on a test network L2-test', async () => {
    const other = await fixture({ test: true });
    expect(verify(other.bundle, other.trust).label).toBe('L2-test');
  });

  it('stops at L1 without an anchor and remarks that time is only declared', async () => {
    const other = await fixture({ anchored: false });
    expect(verify(other.bundle, other.trust)).toMatchObject({
      result: 'VALID',
      label: 'L1',
      remarks: ['declared-time-only'],
    });
  });

  it('proves nothing without a trust file', () => {
    const report = verifyEvidence(JSON.stringify(bundle), { nowMs: NOW_MS });
    expect(report).toMatchObject({
      result: 'VALID',
      label: 'L0',
      remarks: ['declared-time-only', 'no-trust-file'],
    });
    expect(statusOf(report, 'signature')).toBe('not-checked');
    expect(statusOf(report, 'inclusion')).toBe('pass');
  });

  it('verifies every position of small batches and logs', async () => {
    for (const leaves of [1, 2, 3, 7]) {
      for (let leafIndex = 0; leafIndex < leaves; leafIndex += 1) {
        const other = await fixture({ leaves, leafIndex, entriesBefore: leafIndex });
        expect(verify(other.bundle, other.trust).label).toBe('L2');
      }
    }
  });
});

describe('what the trust file does not hold is not checked', () => {
  it.each<[string, (file: TrustFile) => TrustFile, string, string]>([
    ['no key', (file) => ({ ...file, keys: [] }), 'key', 'L0'],
    ['no model', (file) => ({ ...file, models: [] }), 'commitment', 'L0'],
    [
      'a model without its commitment',
      (file) => ({ ...file, models: file.models.map(({ modelVersionId }) => ({ modelVersionId })) }),
      'commitment',
      'L0',
    ],
    [
      'another commitment of the model version',
      (file) => ({
        ...file,
        models: file.models.map((model) => ({ ...model, commitmentHash: '00'.repeat(32) })),
      }),
      'commitment',
      'L0',
    ],
    ['no log', (file) => ({ ...file, logs: [] }), 'checkpoint-signature', 'L1'],
    ['no chain', (file) => ({ ...file, chains: [] }), 'anchor', 'L1'],
    [
      'no block of the chain',
      (file) => ({ ...file, chains: file.chains.map((chain) => ({ ...chain, blocks: [] })) }),
      'anchor',
      'L1',
    ],
    ['no witness', (file) => file, 'log-uniqueness', 'L2'],
  ])('%s', (_name, change, step, label) => {
    const report = verify(bundle, change(trust));
    expect(statusOf(report, step)).toBe('not-checked');
    expect(report).toMatchObject({ result: 'VALID', label });
  });
});

describe('what contradicts the trust file fails', () => {
  const key = () => trust.keys[0] as TrustFile['keys'][number];
  it.each<[string, () => TrustFile, string]>([
    ['another use', () => ({ ...trust, keys: [{ ...key(), use: 'device' }] }), 'key'],
    ['another domain', () => ({ ...trust, keys: [{ ...key(), domains: ['other'] }] }), 'key'],
    ['no domain at all', () => ({ ...trust, keys: [{ ...key(), domains: [] }] }), 'key'],
    [
      'another public key',
      () => ({
        ...trust,
        keys: [
          { ...key(), public_key: `02${'79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798'}` },
        ],
      }),
      'signature',
    ],
    [
      'a key that was not valid yet',
      () => ({ ...trust, keys: [{ ...key(), status: 'pending', not_before: '2026-07-01T00:00:00Z' }] }),
      'key-state',
    ],
    [
      'a compromised key',
      () => ({
        ...trust,
        keys: [
          {
            ...key(),
            status: 'revoked',
            revoked_at: '2026-05-02T00:00:00Z',
            compromised_since: '2026-05-01T00:00:00Z',
          },
        ],
      }),
      'key-state',
    ],
  ])('%s', (_name, changed, step) => {
    const report = verify(bundle, changed());
    expect(statusOf(report, step)).toBe('fail');
    expect(report).toMatchObject({ result: 'INVALID', label: 'L0' });
  });
});

describe('an anchor that contradicts the trust file', () => {
  it.each<[string, () => TrustFile]>([
    [
      'another block at the height',
      () => ({
        ...trust,
        chains: trust.chains.map((chain) => ({
          ...chain,
          blocks: [{ number: '102', hash: '00'.repeat(32) }],
        })),
      }),
    ],
    [
      'another contract',
      () => ({
        ...trust,
        chains: trust.chains.map((chain) => ({ ...chain, contract: `0x${'ee'.repeat(20)}` })),
      }),
    ],
    [
      'another submitter',
      () => ({
        ...trust,
        chains: trust.chains.map((chain) => ({ ...chain, submitters: [`0x${'ee'.repeat(20)}`] })),
      }),
    ],
  ])('condemns nothing but itself: %s', (_name, changed) => {
    const report = verify(bundle, changed());
    expect(report.steps.find(({ name }) => name === 'anchor')).toMatchObject({
      status: 'fail',
      optional: true,
    });
    expect(report).toMatchObject({
      result: 'VALID',
      label: 'L1',
      remarks: ['declared-time-only', CONTAINS_FALSE_PART],
    });
    const strict = verifyEvidence(JSON.stringify(bundle), { trust: changed(), nowMs: NOW_MS, strict: true });
    expect(strict).toMatchObject({ result: 'INVALID', label: 'L0' });
  });
});

describe('what no reader of trust files lets through', () => {
  const key = () => trust.keys[0] as TrustFile['keys'][number];
  it.each<[string, () => TrustFile]>([
    [
      'a key that ends before it begins',
      () => ({ ...trust, keys: [{ ...key(), not_after: '2025-01-01T00:00:00Z' }] }),
    ],
    ['a time of the file that does not exist', () => ({ ...trust, asOf: '2026-02-30T00:00:00Z' })],
  ])('%s fails the key state', (_name, changed) => {
    expect(statusOf(verify(bundle, changed()), 'key-state')).toBe('fail');
  });

  it('a witness key of another type cosigns nothing', () => {
    const [log] = trust.logs as [TrustFile['logs'][number]];
    const changed = { ...trust, witnesses: { k: 1, vkeys: [log.vkey] } };
    expect(statusOf(verify(bundle, changed), 'log-uniqueness')).toBe('absent');
  });
});

describe('an entry of another batch', () => {
  it.each([
    ['of events', { kind: 'event', leafFormat: 'event-v1', signature: 'ab'.repeat(32) }],
    ['of a tenant', { scope: { tenant: '019a0000-0000-4000-8000-000000000001' } }],
  ])('%s is refused by name', (_name, changes) => {
    const entry = canonicalJson({ ...(JSON.parse(bundle.entry) as object), ...changes });
    expect(statusOf(verify({ ...bundle, entry }), 'entry-match')).toBe('fail');
  });
});

describe('a bundle that discloses nothing', () => {
  it('is built without the parts that are left out, and verifies', () => {
    const { subject, commitment, inclusion, entry, logProofs, anchors } = bundle;
    const { proof, context } = subject;
    const built = buildBundle({ proof, context, commitment, inclusion, entry, logProofs, anchors });
    expect(built).not.toHaveProperty('payment');
    expect(Object.keys(built.subject)).toEqual(['kind', 'proof', 'context']);
    expect(verify(built)).toMatchObject({ label: 'L2', remarks: ['request-not-disclosed'] });
  });
});

describe('hostile text becomes a failed gate', () => {
  it.each(['', '{', 'null', '[]', '{"version":1}', '{"version":1,"version":1}', '\ufeff{}', '9'.repeat(400)])(
    '%j',
    (text) => {
      expect(verifyEvidence(text, { trust, nowMs: NOW_MS })).toMatchObject({
        result: 'INVALID',
        label: 'L0',
        subject: null,
      });
    },
  );

  it('takes neither invalid UTF-8 nor more bytes than the limit', () => {
    expect(verifyEvidence(Uint8Array.of(0xff), { trust, nowMs: NOW_MS }).result).toBe('INVALID');
    expect(verifyEvidence(' '.repeat(4_194_305), { trust, nowMs: NOW_MS }).result).toBe('INVALID');
  });
});
