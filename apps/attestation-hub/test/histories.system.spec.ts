import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { checkHistories } from './support/check-histories.js';
import { HubFixture } from './support/hub-fixture.js';

let fixture: HubFixture;
beforeAll(async () => {
  fixture = await HubFixture.create();
}, 60_000);
afterAll(async () => fixture.close());

describe('fifty nodes at two replicas that restart (R-NODE-3, R-NODE-4, R-NODE-5, R-NODE-6)', () => {
  it('are judged, counted and audited as the reference does', async () => {
    const { audit, changes } = await checkHistories(fixture, 60);
    // All that the rules know has happened, so that the comparison says something.
    expect(new Set(audit.map(({ event }) => event)).size).toBe(5);
    expect(new Set(changes.map(({ status }) => status)).size).toBe(5);
  }, 120_000);
});
