import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson, parseStrictJson } from '@touchstone/canonical-json';
import { bytesToHex, formatSignature, parseSignature } from '@touchstone/crypto';
import type { EventBatchFormat } from '@touchstone/event-batch';
import { eventFixture, eventOf } from '../../test/event-fixture.js';
import { fixture, NOW_MS, SIGNED_AT_SECONDS } from '../../test/fixture.js';
import { flipped, mutations, places, textWith, type Json, type MutationKind } from '../../test/mutations.js';
import { cosigned, witnesses } from '../../test/witnesses.js';
import {
  anchoredCommitment,
  bundleText,
  CONTAINS_FALSE_PART,
  EVIDENCE_BYTES_MAX,
  labels,
  verifyEvidence,
  type EvidenceBundle,
  type OutputBundle,
  type TrustFile,
  type VerificationReport,
} from '../index.js';

/** A valid bundle that is attacked, with a second valid one under the same trust file. */
interface Attacked {
  readonly name: string;
  readonly root: Json;
  readonly other: Json;
  readonly trust: TrustFile;
  readonly report: VerificationReport;
}

/** A change that may stay unnoticed. Everything that is not listed here has to be noticed. */
interface Unprotected {
  readonly pointer: RegExp;
  readonly kind: MutationKind;
  readonly why: string;
  /** Narrows the row to some of the changes of this kind at this place. */
  readonly only?: (changed: EvidenceBundle, original: EvidenceBundle) => boolean;
}

const sameAnchored = (changed: EvidenceBundle, original: EvidenceBundle): boolean => {
  const [now, before] = [changed, original].map(({ logProofs: [proof] }) =>
    anchoredCommitment(proof?.checkpoint ?? ''),
  );
  return now !== undefined && before !== undefined && bytesToHex(now) === bytesToHex(before);
};

const unprotected: readonly Unprotected[] = [
  {
    pointer: /^\/subject\/(?:inputs|outputs)$/,
    kind: 'delete',
    why: 'a disclosure may be withheld; the signed hash stays, and the step says absent',
  },
  {
    pointer: /^\/payment$/,
    kind: 'delete',
    why: 'a disclosure may be withheld; the signed request digest stays, and a remark says so',
  },
  {
    pointer: /^\/logProofs$/,
    kind: 'element-twice',
    why: 'more proof of the same; each is verified by itself',
  },
  {
    pointer: /^\/anchors$/,
    kind: 'element-twice',
    why: 'more proof of the same; each is verified by itself',
  },
  {
    pointer: /^\/logProofs\/0\/checkpoint$/,
    kind: 'character',
    why: 'signature lines of keys that the trust file does not hold are nobody’s statement',
    only: sameAnchored,
  },
];

const attacked: Attacked[] = [];

beforeAll(async () => {
  attacked.push(
    await attack('L2 with witnesses', { leaves: 5 }, 2),
    await attack('L2-test', { leaves: 1, leafIndex: 0, test: true }, 0),
    await attack('L1, not anchored', { anchored: false }, 0),
    await attackEvent('event-batch-v1'),
    await attackEvent('event-batch-v2'),
    await attackEvent('event-batch-v2', false),
  );
});

/** A valid bundle with the trust file that proves it. */
interface Proven {
  readonly bundle: EvidenceBundle;
  readonly trust: TrustFile;
}

async function attack(
  name: string,
  options: Parameters<typeof fixture>[0],
  lines: number,
): Promise<Attacked> {
  const first = await fixture({ ...options, inputTensors: 2 });
  return attackOn(name, first, await fixture({ ...options, inputTensors: 2, output: 1 }), lines);
}

/** The second event stands in a batch of its own, signed a second later. */
async function attackEvent(format: EventBatchFormat, anchored = true): Promise<Attacked> {
  const first = await eventFixture({ format, anchored });
  const second = await eventFixture({
    format,
    anchored,
    events: ['f', 'g', 'h', 'i', 'j'].map(eventOf),
    batchId: '019a0000-0000-7000-8000-0000000000e2',
    atMs: (SIGNED_AT_SECONDS + 1) * 1_000,
  });
  return attackOn(`an event of ${format}`, first, second, anchored ? 2 : 0);
}

async function attackOn(name: string, first: Proven, second: Proven, lines: number): Promise<Attacked> {
  const trust: TrustFile = {
    ...first.trust,
    // The second of the two witnesses stays unknown, so that its line is one of those that nobody trusts.
    witnesses: lines > 0 ? { k: 1, vkeys: [witnesses[0]?.vkey ?? ''] } : first.trust.witnesses,
    chains: first.trust.chains.map((chain, index) => ({
      ...chain,
      blocks: [...(chain.blocks ?? []), ...(second.trust.chains[index]?.blocks ?? [])],
    })),
  };
  const [bundle, other] = await Promise.all([first, second].map(({ bundle }) => cosigned(bundle, lines)));
  if (!bundle || !other) throw new Error('two bundles were asked for');
  for (const valid of [bundle, other]) {
    const { result, steps } = verifyEvidence(bundleText(valid), { trust, nowMs: NOW_MS });
    if (result !== 'VALID') throw new Error(`${name} is not valid: ${JSON.stringify(steps)}`);
  }
  const plain = (value: EvidenceBundle): Json => JSON.parse(bundleText(value)) as Json;
  const report = verifyEvidence(bundleText(bundle), { trust, nowMs: NOW_MS });
  return { name, root: plain(bundle), other: plain(other), trust, report };
}

const rank = ({ result, label }: VerificationReport): number =>
  result === 'INVALID' ? -1 : labels.indexOf(label);

const readsTheSame = (text: string, root: Json): boolean => {
  const parsed = parseStrictJson(text, { maxBytes: EVIDENCE_BYTES_MAX });
  return parsed.ok && canonicalJson(parsed.value) === canonicalJson(root);
};

/** What is wrong with how a changed text was taken, or the row of the table that lets it pass. */
function judge(
  target: Attacked,
  text: string | Uint8Array,
  place?: { pointer: string; kind: MutationKind },
): Unprotected | 'noticed' | string {
  const report = verifyEvidence(text, { trust: target.trust, nowMs: NOW_MS });
  if (report.result === 'INVALID' && report.label !== 'L0') return 'INVALID with a label above L0';
  // A false part that nothing rests on condemns nothing, and a remark says that it is there.
  if (rank(report) < rank(target.report) || report.remarks.includes(CONTAINS_FALSE_PART)) return 'noticed';
  const decoded = typeof text === 'string' ? text : new TextDecoder().decode(text);
  if (readsTheSame(decoded, target.root)) {
    return JSON.stringify(report) === JSON.stringify(target.report) ? 'noticed' : 'same value, other report';
  }
  const changed = JSON.parse(decoded) as EvidenceBundle;
  const original = target.root as unknown as EvidenceBundle;
  const row = unprotected.find(
    ({ pointer, kind, only }) =>
      place?.kind === kind && pointer.test(place.pointer) && (only?.(changed, original) ?? true),
  );
  return row ?? 'goes unnoticed';
}

describe('a changed bundle', () => {
  it('is noticed at every place and in every way but those that the table lists', () => {
    const used = new Set<Unprotected>();
    const findings: string[] = [];
    let count = 0;
    for (const target of attacked) {
      for (const mutation of mutations(target.root, target.other)) {
        count += 1;
        const verdict = judge(target, mutation.text, mutation);
        if (typeof verdict !== 'string') used.add(verdict);
        else if (verdict !== 'noticed')
          findings.push(`${target.name}: ${mutation.kind} of ${mutation.pointer} ${verdict}`);
      }
    }
    expect(findings).toEqual([]);
    expect(count).toBeGreaterThan(5_000);
    // A row that nothing needs any more would hide a hole that opens later.
    expect(unprotected.filter((row) => !used.has(row))).toEqual([]);
  }, 120_000);

  it('is noticed whatever bit of whatever value is flipped', () => {
    const strings = attacked.map(({ root }) =>
      [...places(root)].filter(({ value }) => typeof value === 'string' && value !== ''),
    );
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.nat(), fc.nat(15), (which, where, at, bit) => {
        const target = attacked[which % attacked.length] as Attacked;
        const found = strings[which % attacked.length] ?? [];
        const { pointer, value } = found[where % found.length] as { pointer: string; value: string };
        const raw = JSON.stringify(flipped(value, at % value.length, 1 << bit));
        const verdict = judge(target, textWith(target.root, pointer, raw), { pointer, kind: 'character' });
        return typeof verdict !== 'string' || verdict === 'noticed';
      }),
      { numRuns: 1_500, interruptAfterTimeLimit: 20_000, markInterruptAsFailure: false },
    );
  }, 30_000);

  it('never raises the label and never throws, whatever bytes of the text are changed', () => {
    const texts = attacked.map(({ root }) => new TextEncoder().encode(canonicalJson(root)));
    const edit = fc.record({ at: fc.nat(), kind: fc.constantFrom('bit', 'cut', 'copy'), by: fc.nat(255) });
    fc.assert(
      fc.property(fc.nat(), fc.array(edit, { minLength: 1, maxLength: 4 }), (which, edits) => {
        const target = attacked[which % attacked.length] as Attacked;
        const bytes = [...(texts[which % attacked.length] ?? [])];
        for (const { at, kind, by } of edits) {
          const place = at % bytes.length;
          if (kind === 'bit') bytes[place] = (bytes[place] ?? 0) ^ (1 << (by & 7));
          else if (kind === 'cut') bytes.splice(place, by & 15);
          else bytes.splice(place, 0, ...bytes.slice(place, place + (by & 15)));
        }
        return (
          rank(verifyEvidence(Uint8Array.from(bytes), { trust: target.trust, nowMs: NOW_MS })) <=
          rank(target.report)
        );
      }),
      { numRuns: 1_500, interruptAfterTimeLimit: 20_000, markInterruptAsFailure: false },
    );
  }, 30_000);

  it('never throws on any JSON document, trusted or not', () => {
    const document = fc.oneof(
      fc.json(),
      fc.anything().map((value) => JSON.stringify(value) ?? 'null'),
      fc.string(),
    );
    fc.assert(
      fc.property(document, (text) => {
        const { trust } = attacked[0] as Attacked;
        expect(verifyEvidence(text, { trust, nowMs: NOW_MS })).toMatchObject({
          result: 'INVALID',
          label: 'L0',
        });
        expect(verifyEvidence(text, { nowMs: NOW_MS })).toMatchObject({ result: 'INVALID', label: 'L0' });
      }),
      { numRuns: 500, interruptAfterTimeLimit: 10_000 },
    );
  });
});

describe('another spelling that the formats allow', () => {
  it('of the signature (compact instead of DER) says the same', () => {
    const { root, trust, report } = attacked[0] as Attacked;
    const bundle = root as unknown as OutputBundle;
    const signature = parseSignature(bundle.subject.proof.signature);
    if (!('compact' in signature)) throw new Error('the signature is not strict');
    const raw = JSON.stringify(formatSignature(signature.compact, 'compact'));
    const other = verifyEvidence(textWith(root, '/subject/proof/signature', raw), { trust, nowMs: NOW_MS });
    expect(other).toEqual(report);
  });

  it('of the text (white space, order, escapes) gives the same report', () => {
    const { root, trust, report } = attacked[0] as Attacked;
    const reversed = (_key: string, value: unknown): unknown =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).reverse())
        : value;
    const spaced = JSON.stringify(root, reversed, '\t').replaceAll('"kid"', '"\\u006bid"');
    expect(verifyEvidence(spaced, { trust, nowMs: NOW_MS })).toEqual(report);
  });
});
