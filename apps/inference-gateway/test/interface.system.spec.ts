import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { checkInterface } from '@touchstone/testing';
import { GatewayFixture } from './support/gateway-fixture.js';

const ORIGIN = 'https://shop.example';

describe('the HTTP interface', () => {
  let fixture: GatewayFixture;
  let url: string;
  beforeAll(async () => {
    fixture = await GatewayFixture.create();
    url = (await fixture.start({ TOUCHSTONE_CORS_ORIGINS: ORIGIN })).url;
  }, 60_000);
  afterAll(() => fixture.close());

  it('answers well-formed and malformed requests as its document says', async () => {
    const { operations, requests, findings, crossOrigin } = await checkInterface(url, {
      origin: ORIGIN,
      known: { id: ['digits', 'financial-sentiment'], modelId: ['digits', 'financial-sentiment'] },
    });
    expect(findings).toEqual([]);
    expect(requests).toBe(operations * 20);
    expect(crossOrigin).toEqual([
      'GET /.well-known/ai-service.json',
      'GET /api/health',
      'POST /api/infer/{modelId}',
      'DELETE /api/jobs/{id}',
      'GET /api/jobs/{id}',
      'GET /api/models',
      'GET /api/models/{modelId}',
      'GET /api/submissions/terms',
      'GET /api/verifications/{id}',
      'GET /api/verifications/tx/{txHash}',
      'POST /api/verify-proof',
      'GET /health',
      'POST /infer/{modelId}',
      'DELETE /v1/jobs/{id}',
      'GET /v1/jobs/{id}',
      'GET /v1/models',
      'GET /v1/models/{id}',
      'GET /v1/models/{id}/commitments',
      'POST /v1/models/{id}/infer',
      'GET /v1/set-ups',
      'GET /v1/set-ups/{id}',
      'GET /v1/set-ups/{id}/circuit.json',
      'GET /v1/set-ups/{id}/set-up.json',
      'GET /v1/submissions/terms',
      'GET /v1/verifications/{id}',
      'GET /v1/verifications/{id}/proof',
      'POST /v1/verifications/{id}/proof',
    ]);
  }, 120_000);
});
