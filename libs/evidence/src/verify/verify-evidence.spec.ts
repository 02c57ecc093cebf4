import { beforeAll, describe, expect, it } from '@jest/globals';
import { fixture, NOW_MS } from '../../test/fixture.js';
import { bundleText, readTrustFile, verifyEvidence, type EvidenceBundle, type TrustFile } from '../index.js';

let bundle: EvidenceBundle;
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
    [
      'another block at the height',
      () => ({
        ...trust,
        chains: trust.chains.map((chain) => ({
          ...chain,
          blocks: [{ number: '102', hash: '00'.repeat(32) }],
        })),
      }),
      'anchor',
    ],
    [
      'another contract',
      () => ({
        ...trust,
        chains: trust.chains.map((chain) => ({ ...chain, contract: `0x${'ee'.repeat(20)}` })),
      }),
      'anchor',
    ],
    [
      'another submitter',
      () => ({
        ...trust,
        chains: trust.chains.map((chain) => ({ ...chain, submitters: [`0x${'ee'.repeat(20)}`] })),
      }),
      'anchor',
    ],
  ])('%s', (_name, changed, step) => {
    const report = verify(bundle, changed());
    expect(statusOf(report, step)).toBe('fail');
    expect(report).toMatchObject({ result: 'INVALID', label: 'L0' });
  });
});

describe('every single value of a bundle is covered', () => {
  it('fails or lowers the label whatever value is changed', () => {
    for (const { path, changed } of mutations(bundle)) {
      const report = verify(changed);
      const harmless = report.result === 'VALID' && report.label === 'L2';
      if (harmless) throw new Error(`a changed ${path} goes unnoticed`);
    }
  });

  it('fails or lowers the label whatever member is removed, except for disclosures', () => {
    const disclosures = ['/subject/inputs', '/subject/outputs', '/payment'];
    for (const { path, changed } of removals(bundle)) {
      const report = verify(changed);
      expect([path, report.label === 'L2']).toEqual([path, disclosures.includes(path)]);
    }
  });

  it('refuses an unknown member at every object', () => {
    for (const { changed } of additions(bundle)) expect(statusOf(verify(changed), 'gate')).toBe('fail');
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

describe('readTrustFile', () => {
  it('reads its own text and refuses one key under two names', () => {
    expect(readTrustFile(JSON.stringify(trust))).toEqual(trust);
    const [key] = trust.keys;
    const twice = { ...trust, keys: [key, { ...key, kid: 'other' }] };
    expect(() => readTrustFile(JSON.stringify(twice))).toThrow(/registered before/);
    expect(() => readTrustFile('{"version":2}')).toThrow(/schema/);
    expect(() => readTrustFile('{')).toThrow(/strict JSON/);
  });
});

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Every way to change one scalar of the value a little. */
function* mutations(root: unknown): Generator<{ path: string; changed: unknown }> {
  for (const { path, value } of walk(root as Json)) {
    if (typeof value === 'object' && value !== null) continue;
    for (const other of variants(value))
      yield { path, changed: replace(root as Json, path.split('/').slice(1), () => other) };
  }
}

function variants(value: null | boolean | number | string): Json[] {
  if (value === null) return ['x', 0];
  if (typeof value === 'boolean') return [!value];
  if (typeof value === 'number') return [value + 1, value === 0 ? 7 : value - 1];
  const last = value.at(-1) ?? '';
  const middle = Math.floor(value.length / 2);
  const flipped = (at: number): string => {
    const digit = value.charAt(at) === '0' ? '1' : '0';
    return value.slice(0, at) + digit + value.slice(at + 1);
  };
  return [
    '',
    `${value}0`,
    `${value} `,
    value.slice(0, -1),
    flipped(0),
    flipped(middle),
    flipped(value.length - 1),
    value.toUpperCase() === value ? `${last}${value}` : value.toUpperCase(),
  ];
}

function* removals(root: unknown): Generator<{ path: string; changed: unknown }> {
  for (const { path } of walk(root as Json)) {
    if (path === '') continue;
    yield { path, changed: replace(root as Json, path.split('/').slice(1), () => undefined) };
  }
}

function* additions(root: unknown): Generator<{ changed: unknown }> {
  for (const { path, value } of walk(root as Json)) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) continue;
    yield {
      changed: replace(root as Json, path.split('/').slice(1), (object) => ({
        ...(object as object),
        surplus: 1,
      })),
    };
  }
}

function* walk(value: Json, path = ''): Generator<{ path: string; value: Json }> {
  yield { path, value };
  if (typeof value !== 'object' || value === null) return;
  for (const [key, member] of Object.entries(value)) yield* walk(member as Json, `${path}/${key}`);
}

function replace(value: Json, path: string[], change: (old: Json) => unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return change(value);
  if (Array.isArray(value)) {
    const next = value.map((item, index) => (String(index) === key ? replace(item, rest, change) : item));
    return next.filter((item) => item !== undefined);
  }
  const object = value as Record<string, Json>;
  return { ...object, [key]: replace(object[key] as Json, rest, change) };
}
