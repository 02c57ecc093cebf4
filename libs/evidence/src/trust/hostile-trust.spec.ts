import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson, parseStrictJson } from '@touchstone/canonical-json';
import { AppError } from '@touchstone/contracts';
import { fixture, NOW_MS } from '../../test/fixture.js';
import { mutations, type Json, type Mutation, type MutationKind } from '../../test/mutations.js';
import { cosigned, witnesses } from '../../test/witnesses.js';
import {
  bundleText,
  labels,
  readTrustFile,
  TRUST_BYTES_MAX,
  verifyEvidence,
  type TrustFile,
} from '../index.js';

/** A trust file with the bundle that is read with it, and how far that comes. */
interface Read {
  readonly name: string;
  readonly trust: TrustFile;
  readonly text: string;
  readonly rank: number;
}

/** A change of a trust file that may raise what evidence is worth, with what is trusted more after it. */
interface Raise {
  readonly pointer: RegExp;
  readonly kind: MutationKind;
  readonly trusts: string;
}

const raises: readonly Raise[] = [
  {
    pointer: /^\/chains\/0\/test$/,
    kind: 'swap',
    trusts: 'that the network is not a test network',
  },
  {
    pointer: /^\/keys(?:\/0)?$/,
    kind: 'swap',
    trusts: 'that the key was in its owner’s hands for longer',
  },
  {
    pointer: /^\/chains(?:\/0(?:\/blocks(?:\/0(?:\/hash)?)?)?)?$/,
    kind: 'swap',
    trusts: 'the block in which the evidence is anchored',
  },
  {
    pointer: /^\/models(?:\/0(?:\/commitmentHash)?)?$/,
    kind: 'swap',
    trusts: 'the commitment of the model version',
  },
];

const rankOf = (text: string, trust: TrustFile): number => {
  return labels.indexOf(verifyEvidence(text, { trust, nowMs: NOW_MS }).label);
};

let read: Read[];
/** Holds everything that one of the others lacks. */
let full: TrustFile;

beforeAll(async () => {
  const { bundle, trust } = await fixture();
  const local = await fixture({ test: true });
  const text = bundleText(await cosigned(bundle, 2));
  const [key] = trust.keys as [TrustFile['keys'][number]];
  const [chain] = trust.chains as [TrustFile['chains'][number]];
  const revoked = { ...key, status: 'revoked' as const };
  full = {
    ...trust,
    witnesses: { k: 1, vkeys: witnesses.map(({ vkey }) => vkey) },
    keys: [{ ...revoked, revoked_at: '2026-06-01T11:59:00Z', compromised_since: '2026-06-01T11:58:00Z' }],
  };
  const files: [string, TrustFile, string][] = [
    ['everything trusted', full, text],
    [
      'a test network',
      { ...local.trust, witnesses: full.witnesses },
      bundleText(await cosigned(local.bundle, 2)),
    ],
    [
      'no block trusted',
      { ...full, keys: [key], chains: [{ ...chain, blocks: [{ number: '7', hash: '00'.repeat(32) }] }] },
      text,
    ],
    [
      'no commitment trusted',
      { ...full, models: full.models.map((model) => ({ ...model, commitmentHash: '00'.repeat(32) })) },
      text,
    ],
    [
      'a key compromised before',
      {
        ...full,
        keys: [{ ...revoked, revoked_at: '2026-05-02T00:00:00Z', compromised_since: '2026-05-01T00:00:00Z' }],
      },
      text,
    ],
  ];
  read = files.map(([name, file, bundled]) => ({
    name,
    trust: file,
    text: bundled,
    rank: rankOf(bundled, file),
  }));
});

/** The trust file of a text, or the error that refused it; any other error is a finding. */
function readOrRefusal(text: string | Uint8Array): TrustFile | 'refused' {
  try {
    return readTrustFile(text);
  } catch (error) {
    if (error instanceof AppError && error.code === 'config-invalid') return 'refused';
    throw error;
  }
}

const sameValue = (text: string, root: Json): boolean => {
  const parsed = parseStrictJson(text, { maxBytes: TRUST_BYTES_MAX });
  return parsed.ok && canonicalJson(parsed.value) === canonicalJson(root);
};

const toJson = (trust: TrustFile): Json => JSON.parse(canonicalJson(trust)) as Json;

describe('the trust files of this spec', () => {
  it('stand for every label', () => {
    expect(read.map(({ name, rank }) => [name, labels[rank]])).toEqual([
      ['everything trusted', 'L2'],
      ['a test network', 'L2-test'],
      ['no block trusted', 'L1'],
      ['no commitment trusted', 'L0'],
      ['a key compromised before', 'L0'],
    ]);
    for (const { trust } of read) expect(readTrustFile(canonicalJson(trust))).toEqual(trust);
  });
});

describe('a changed trust file', () => {
  it('raises no label except by trusting something more, as the table lists', () => {
    const used = new Set<Raise>();
    const findings = new Set<string>();
    for (const { name, trust, text, rank } of read) {
      const root = toJson(trust);
      for (const mutation of mutations(root, toJson(full))) {
        const changed = readOrRefusal(mutation.text);
        if (changed === 'refused' || rankOf(text, changed) <= rank) continue;
        const row = raises.find(
          ({ pointer, kind }) => kind === mutation.kind && pointer.test(mutation.pointer),
        );
        if (row) used.add(row);
        else findings.add(`${name}: ${mutation.kind} of ${mutation.pointer} ${mutation.text.length}`);
      }
    }
    expect([...findings]).toEqual([]);
    expect(raises.filter((row) => !used.has(row))).toEqual([]);
  }, 60_000);

  it('is refused as configuration when it is malformed', () => {
    const findings = new Set<string>();
    let refused = 0;
    for (const { trust } of read) {
      const root = toJson(trust);
      for (const mutation of mutations(root, toJson(full))) {
        if (!isMalformed(mutation) || sameValue(mutation.text, root)) continue;
        if (readOrRefusal(mutation.text) === 'refused') refused += 1;
        else findings.add(`${mutation.kind} of ${mutation.pointer}`);
      }
    }
    expect([...findings]).toEqual([]);
    expect(refused).toBeGreaterThan(2_000);
  }, 60_000);

  it('is read or refused as configuration, whatever bytes are changed', () => {
    const bytes = new TextEncoder().encode(canonicalJson(full));
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(), fc.nat(7)), { minLength: 1, maxLength: 3 }), (flips) => {
        const changed = Uint8Array.from(bytes);
        for (const [at, bit] of flips)
          changed[at % bytes.length] = (changed[at % bytes.length] ?? 0) ^ (1 << bit);
        const trust = readOrRefusal(changed);
        return trust === 'refused' || rankOf(read[0]?.text ?? '', trust) <= (read[0]?.rank ?? -1);
      }),
      { numRuns: 1_500, interruptAfterTimeLimit: 15_000 },
    );
  }, 30_000);
});

/** Texts of free choice, in which another spelling is another name and not a malformed one. */
const NAMES = /\/(?:kid|network|number|domains\/\d+|independent\/\d+)$/;

function isMalformed({ kind, pointer }: Mutation): boolean {
  const isWhole = ['retype', 'unknown-member', 'member-case', 'member-twice', 'number-form'].includes(kind);
  return isWhole || (['hex-form', 'base64-form', 'case'].includes(kind) && !NAMES.test(pointer));
}
