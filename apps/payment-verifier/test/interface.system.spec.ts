import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { checkInterface } from '@touchstone/testing';
import { PaymentFixture } from './support/payment-fixture.js';

const ORIGIN = 'https://shop.example';
const TOKEN = 't'.repeat(40);

describe('the HTTP interface', () => {
  let fixture: PaymentFixture;
  let url: string;
  beforeAll(async () => {
    fixture = await PaymentFixture.create();
    const started = await fixture.start({
      TOUCHSTONE_FACILITATOR_TOKENS: JSON.stringify({ shop: TOKEN }),
      TOUCHSTONE_CORS_ORIGINS: ORIGIN,
    });
    url = started.url;
  }, 60_000);
  afterAll(() => fixture.close());

  it('answers well-formed and malformed requests as its document says', async () => {
    const { operations, requests, findings, crossOrigin } = await checkInterface(url, {
      origin: ORIGIN,
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    expect(findings).toEqual([]);
    expect(requests).toBe(operations * 20);
    expect(crossOrigin).toEqual(['GET /supported', 'POST /verify']);
  }, 60_000);
});
