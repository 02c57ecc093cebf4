import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { checkHistories } from './support/check-histories.js';
import { HubFixture } from './support/hub-fixture.js';

const ROUNDS = 1_000;

let fixture: HubFixture;
beforeAll(async () => {
  fixture = await HubFixture.create();
}, 60_000);
afterAll(async () => fixture.close());

describe('fifty nodes with a thousand heartbeats each (R-NODE-3, R-NODE-4, R-NODE-5, R-NODE-6)', () => {
  it('are judged, counted and audited as the reference does', async () => {
    const { nodes, changes } = await checkHistories(fixture, ROUNDS);
    expect([...nodes.values()].filter(({ said }) => said.length >= 0.8 * ROUNDS).length).toBe(50);
    // Nodes that came back to where they were are OK again, however they were called between.
    const cleared = changes.filter(({ status, previous }) => status === 'OK' && previous !== null);
    expect(new Set(cleared.map(({ previous }) => previous))).toEqual(
      new Set(['DRIFT', 'SPOOF_SUSPECT', 'MISSING', 'STALE']),
    );
  }, 600_000);
});
