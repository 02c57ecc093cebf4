import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { checkInterface } from '@touchstone/testing';
import { GatewayHarness } from './gateway-harness.js';

describe('the HTTP interface', () => {
  let fixture: GatewayHarness;
  let url: string;
  beforeAll(async () => {
    fixture = await GatewayHarness.start();
    url = (await fixture.gateway()).url;
  }, 60_000);
  afterAll(() => fixture.stop());

  it('answers well-formed and malformed requests as its document says', async () => {
    const { operations, requests, findings } = await checkInterface(url, {
      known: { id: ['digits', 'financial-sentiment'] },
    });
    expect(findings).toEqual([]);
    expect(requests).toBe(operations * 20);
  }, 60_000);
});
