import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { checkInterface } from '@touchstone/testing';
import { heartbeatAt, HubFixture, OPERATOR } from './support/hub-fixture.js';

describe('the HTTP interface', () => {
  let fixture: HubFixture;
  let url: string;
  beforeAll(async () => {
    fixture = await HubFixture.create();
    const hub = await fixture.start();
    await hub.send(heartbeatAt(fixture.clock.nowMs()));
    url = hub.url;
  }, 60_000);
  afterAll(() => fixture.close());

  it('answers well-formed and malformed requests as its document says', async () => {
    const { operations, requests, findings } = await checkInterface(url, {
      headers: OPERATOR,
      known: { id: ['node-1'], cursor: ['node-0', '0'], node: ['node-1'] },
    });
    expect(findings).toEqual([]);
    expect(requests).toBe(operations * 20);
  }, 60_000);
});
