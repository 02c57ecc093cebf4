import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { checkInterface } from '@touchstone/testing';
import { GATEWAY_TOKEN, SignerFixture } from './support/signer-fixture.js';

describe('the HTTP interface', () => {
  let fixture: SignerFixture;
  let url: string;
  beforeAll(async () => {
    fixture = await SignerFixture.create();
    url = (await fixture.start()).url;
  }, 60_000);
  afterAll(() => fixture.close());

  it('answers well-formed and malformed requests as its document says', async () => {
    const { operations, requests, findings } = await checkInterface(url, {
      headers: { authorization: `Bearer ${GATEWAY_TOKEN}` },
    });
    expect(findings).toEqual([]);
    expect(requests).toBe(operations * 20);
  }, 60_000);
});
