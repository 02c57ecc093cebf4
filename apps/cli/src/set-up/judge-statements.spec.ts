import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { canonicalJson } from '@touchstone/canonical-json';
import {
  announcedSource,
  setUpAnnouncement,
  setUpEntry,
  type CircuitSetUp,
} from '@touchstone/contracts/circuit';
import type { SetUpAnswer } from '@touchstone/contracts/http/set-ups';
import { bytesToHex, sha256TextHex } from '@touchstone/crypto';
import { modelVersionIdOf } from '@touchstone/evidence';
import { leafHashOfText } from '@touchstone/merkle';
import { checkout } from '../stack/run-stack.js';
import { judgeStatements } from './judge-statements.js';

const protocol = readFileSync(join(checkout, 'docs', 'reference', 'protocol.md'), 'utf8');
const example = (type: string): string =>
  protocol.split('\n').find((line) => line.startsWith('{') && line.includes(`"${type}"`)) as string;

const hash = (byte: string) => byte.repeat(64);
const identity = { developer: 'd', name: 'm.int', version: '1', modelHash: '01'.repeat(32) };
const modelVersionId = modelVersionIdOf(identity);
const announcement = {
  ...setUpAnnouncement.parse(JSON.parse(example('touchstone.zk-setup-announced.v1'))),
  modelVersionId,
};

/** A set-up of two parties that holds; parts of it are changed in tests. */
function finished(change: (transcript: CircuitSetUp) => object = () => ({})): SetUpAnswer {
  const text = canonicalJson(announcement);
  const { beacon, descriptorHash, constraintsSha256, powers, parties } = announcement;
  const honest: CircuitSetUp = {
    ...({ version: 1, system: 'groth16/bn254', class: 'multi-party' } as const),
    ...{ descriptorHash, constraintsSha256, powers },
    contributions: [
      ...parties.map((name, index) => ({ kind: 'party' as const, name, hash: hash(`0${index}`) })),
      { kind: 'beacon', name: 'beacon', hash: hash('0b'), value: '0c'.repeat(32), iterationsLog2: 10 },
    ],
    beaconSource: announcedSource(beacon, sha256TextHex(text)),
    ...{ provingKeySha256: '0d'.repeat(32), vkDigest: '0e'.repeat(32) },
  };
  const transcript = { ...honest, ...change(honest) };
  const entry = {
    type: 'touchstone.zk-setup.v1',
    modelVersionId,
    ...{ vkDigest: transcript.vkDigest, class: transcript.class },
    transcript: sha256TextHex(`${JSON.stringify(transcript, null, 2)}\n`),
  };
  return {
    ...{ id: announcement.setUpId, state: 'finished', public: false, failure: null },
    model: { ...identity, modelVersionId },
    ...{ descriptorHash, constraintsSha256, beacon },
    powers: { ...powers, name: 'powers.ptau' },
    parties: [],
    newestKey: { sha256: '0d'.repeat(32), bytes: 1 },
    ...{ announcement: text, announcementSha256: sha256TextHex(text) },
    result: { transcript, entry: canonicalJson(entry), finishedAt: '2026-06-01T12:00:00.000Z' },
    files: { model: '', options: null, provingKey: '', circuit: '', transcript: '' },
  };
}

const failing = (setUp: SetUpAnswer, ...expected: string[]): string[] =>
  judgeStatements(setUp, expected)
    .filter(({ status }) => status === 'fail')
    .map(({ name }) => name);

describe('what is said about a set-up', () => {
  it('holds together, and has the expected contribution', () => {
    expect(failing(finished(), hash('01'))).toEqual([]);
    expect(failing(finished(), hash('0f'))).toEqual(['expected contribution']);
  });

  it.each([
    ['another circuit', { descriptorHash: '00'.repeat(32) }],
    ['other constraints', { constraintsSha256: '00'.repeat(32) }],
    ['other powers', { powers: { source: 'development', blake2b: hash('0d') } }],
    ['another source of the beacon', { beaconSource: 'a coin' }],
    ['no source of the beacon', { beaconSource: undefined }],
  ])('does not hold with %s', (_, part) => {
    expect(failing(finished(() => part))).toEqual(['transcript']);
  });

  it('does not hold with other parties, one twice, one after the beacon, or another number of hashes', () => {
    const contributions = (of: (all: CircuitSetUp['contributions']) => CircuitSetUp['contributions']) =>
      failing(finished((honest) => ({ contributions: of(honest.contributions) })));
    const [first, second, beacon] = finished().result?.transcript
      .contributions as CircuitSetUp['contributions'];
    if (!first || !second || beacon?.kind !== 'beacon') throw new Error('They are there.');
    expect(contributions(() => [first, beacon])).toEqual([]);
    for (const wrong of [
      [first, first, beacon],
      [first, { ...second, name: 'A stranger' }, beacon],
      [first, second],
      [first, beacon, second],
      [first, beacon, beacon],
      [first, second, { ...beacon, iterationsLog2: 11 }],
    ])
      expect(contributions(() => wrong)).toEqual(['transcript']);
  });

  it('does not hold where announcement or entry are other ones', () => {
    const good = finished();
    const { result } = good;
    if (result === null) throw new Error('It is there.');
    expect(failing({ ...good, announcementSha256: '00'.repeat(32) })).toEqual(['announcement']);
    expect(failing({ ...good, id: '019a0000-0000-7000-8000-000000000003' })).toEqual(['announcement']);
    expect(failing({ ...good, announcement: `${good.announcement} ` })).toEqual(['announcement']);
    expect(failing({ ...good, beacon: { ...good.beacon, block: '1' } })).toEqual(['announcement']);
    expect(failing({ ...good, model: { ...good.model, name: 'other' } })).toEqual(['announcement']);
    const entry = result.entry.replace('multi-party', 'universal');
    expect(failing({ ...good, result: { ...result, entry } })).toEqual(['log entry']);
  });
});

describe('the entries of the protocol', () => {
  const { cases } = JSON.parse(
    readFileSync(join(checkout, 'libs', 'evidence', 'vectors', 'set-up-entries.json'), 'utf8'),
  ) as { cases: { name: string; input: { text: string }; expected: { sha256: string; leafHash: string } }[] };
  const schemas = [setUpAnnouncement, setUpEntry];

  it.each(cases.map((vector, index) => [vector.name, vector, schemas[index]] as const))(
    '%s is canonical, has the hashes of the vectors, and stands on the page',
    (_, { input: { text }, expected }, schema) => {
      expect(canonicalJson(schema?.parse(JSON.parse(text)) as never)).toBe(text);
      expect(expected).toEqual({ sha256: sha256TextHex(text), leafHash: bytesToHex(leafHashOfText(text)) });
      expect(protocol).toContain(text);
    },
  );
});
