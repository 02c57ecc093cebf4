import { describe, expect, it } from '@jest/globals';
import {
  BEACON_SOURCE_CHARACTERS_MAX,
  circuitSetUp,
  type CircuitSetUp,
  SET_UP_CONTRIBUTIONS_MAX,
  SET_UP_PARTIES_MAX,
  setUpAnnouncement,
  setUpBeacon,
} from './set-up.js';

const hash = 'ab'.repeat(64);
const transcript: CircuitSetUp = {
  version: 1,
  system: 'groth16/bn254',
  descriptorHash: 'ab'.repeat(32),
  constraintsSha256: 'cd'.repeat(32),
  powers: { source: 'development', blake2b: hash },
  contributions: [
    { kind: 'party', name: 'first party', hash },
    { kind: 'beacon', name: 'beacon', hash, value: 'ef'.repeat(32), iterationsLog2: 10 },
  ],
  provingKeySha256: 'ef'.repeat(32),
  vkDigest: '01'.repeat(32),
  class: 'single-party',
};
const isTaken = (part: object): boolean => circuitSetUp.safeParse({ ...transcript, ...part }).success;

describe('the transcript of a set-up', () => {
  it('is closed', () => {
    expect(circuitSetUp.parse(transcript)).toEqual(transcript);
    expect(isTaken({ trusted: true })).toBe(false);
    expect(isTaken({ contributions: [{ kind: 'party', name: 'x', hash, secret: '00' }] })).toBe(false);
  });

  it.each([
    ['another class', { class: 'universal' }],
    ['no contribution', { contributions: [] }],
    ['a beacon without its value', { contributions: [{ kind: 'beacon', name: 'x', hash }] }],
    ['a name that a terminal obeys', { contributions: [{ kind: 'party', name: '\u001b[2J', hash }] }],
    ['a name of 65 characters', { contributions: [{ kind: 'party', name: 'x'.repeat(65), hash }] }],
    ['a short hash', { powers: { source: 'development', blake2b: 'ab' } }],
  ])('with %s is refused', (_, part) => {
    expect(isTaken(part)).toBe(false);
  });

  it('has up to SET_UP_CONTRIBUTIONS_MAX contributions, not one more', () => {
    const contributions = (count: number) => ({
      contributions: Array(count).fill(transcript.contributions[0]),
    });
    expect(isTaken(contributions(SET_UP_CONTRIBUTIONS_MAX))).toBe(true);
    expect(isTaken(contributions(SET_UP_CONTRIBUTIONS_MAX + 1))).toBe(false);
  });

  it('says in up to BEACON_SOURCE_CHARACTERS_MAX characters where the beacon comes from', () => {
    expect(isTaken({ beaconSource: 'x'.repeat(BEACON_SOURCE_CHARACTERS_MAX) })).toBe(true);
    expect(isTaken({ beaconSource: 'x'.repeat(BEACON_SOURCE_CHARACTERS_MAX + 1) })).toBe(false);
  });
});

describe('a beacon', () => {
  it.each([
    ['00'.repeat(8), 10, true],
    ['00'.repeat(64), 63, true],
    ['00'.repeat(7), 10, false],
    ['00'.repeat(65), 10, false],
    ['0'.repeat(17), 10, false],
    ['00'.repeat(8), 9, false],
    ['00'.repeat(8), 64, false],
  ])('of %j, hashed 2^%i times, is taken: %p', (value, iterationsLog2, taken) => {
    expect(setUpBeacon.safeParse({ value, iterationsLog2 }).success).toBe(taken);
  });
});

describe('the announcement of a set-up', () => {
  const announcement = {
    type: 'touchstone.zk-setup-announced.v1',
    setUpId: '019a0000-0000-7000-8000-000000000002',
    ...{ modelVersionId: 'ab'.repeat(32), descriptorHash: 'ab'.repeat(32) },
    ...{ constraintsSha256: 'ab'.repeat(32), firstKeySha256: 'ab'.repeat(32) },
    powers: transcript.powers,
    parties: ['one'],
    beacon: { network: 'eip155:84532', block: '1', iterationsLog2: 10 },
    announcedAt: '2026-06-01T11:00:00.000Z',
  };
  const isAnnounced = (part: object) => setUpAnnouncement.safeParse({ ...announcement, ...part }).success;

  it('is closed, and names a block', () => {
    expect(isAnnounced({})).toBe(true);
    expect(isAnnounced({ value: 'ef'.repeat(32) })).toBe(false);
    expect(isAnnounced({ beacon: { ...announcement.beacon, block: '-1' } })).toBe(false);
  });

  it('has from one to SET_UP_PARTIES_MAX parties, not one more', () => {
    const parties = (count: number) => ({ parties: Array(count).fill('party') });
    expect([0, 1, SET_UP_PARTIES_MAX, SET_UP_PARTIES_MAX + 1].map((n) => isAnnounced(parties(n)))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });
});
