import { describe, expect, it } from '@jest/globals';
import { healthValues } from '@touchstone/contracts';
import fc from 'fast-check';
import { A, play, START_MS, type Beat } from '../../test/support/play-heartbeats.js';
import { ReferenceHub } from '../../test/support/reference-hub.js';
import { FLIP_THRESHOLD_MAX } from './flip-rules.js';
import type { AttestedBuild } from './node.js';

describe('what is kept of a node', () => {
  it('gives the verdicts of the reference, which keeps everything, under any window and threshold', () => {
    const attestation = fc.option(
      fc.record({
        buildId: fc.constantFrom('A', 'B', 'C'),
        capabilityHash: fc.constantFrom('a1'.repeat(32), 'b2'.repeat(32)),
        runtime: fc.constantFrom({ os: 'linux' }, { os: 'linux' }, { os: 'windows' }),
      }),
      { freq: 8 },
    );
    const beat = fc.tuple(fc.nat(40), attestation, fc.constantFrom(...healthValues), fc.boolean());
    const property = fc.property(
      fc.array(beat, { minLength: 1, maxLength: 80 }),
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 2, max: FLIP_THRESHOLD_MAX }),
      (drawn, windowSec, threshold) => {
        let seconds = 0;
        let last: AttestedBuild | null = A;
        const beats = drawn.map(([pause, said, health, goesOn]): Beat => {
          last = goesOn ? last : said;
          return [(seconds += pause), last, health];
        });
        const reference = new ReferenceHub(windowSec * 1_000, threshold);
        const seen = play(beats, { windowMs: windowSec * 1_000, threshold });
        for (const [index, [at, said, health = 'GREEN']] of beats.entries()) {
          const said_v1 = said && {
            ...{ schema: 'attestation_v1' as const, build_id: said.buildId },
            ...{ capability_hash: said.capabilityHash, runtime: said.runtime },
          };
          const message = { node_id: 'node-1', health, ts_utc: '', ...(said_v1 && { attestation: said_v1 }) };
          const {
            status,
            driftCount,
            spoofCount,
            health: effective,
          } = reference.take(message, START_MS + at * 1_000);
          expect(seen[index]?.node).toMatchObject({ status, driftCount, spoofCount, health: effective });
        }
        expect(seen.flatMap(({ audit }) => audit.map(({ event }) => event))).toEqual(
          reference.audit.map(({ event }) => event),
        );
      },
    );
    fc.assert(property, { numRuns: 300 });
  });
});
