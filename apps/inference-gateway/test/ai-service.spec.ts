import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aiService } from '@touchstone/contracts/http/ai-service';
import { modelPage } from '@touchstone/contracts/http/inference-gateway';
import { dollars } from '../src/transport/usdc.js';
import { GatewayFixture, type Gateway } from './support/gateway-fixture.js';
import { add, classifier, operator, TOKEN } from './support/operator-requests.js';

const PATH = '/.well-known/ai-service.json';

let fixture: GatewayFixture;

beforeAll(async () => {
  fixture = await GatewayFixture.create();
}, 60_000);
afterAll(() => fixture.close());

const serviceAt = async (gateway: Gateway) => {
  const response = await gateway.get(PATH);
  expect(response.headers.get('content-type')).toContain('application/json');
  return aiService.parse(await response.json());
};
const modelsAt = async (gateway: Gateway) =>
  modelPage.parse(await (await gateway.get('/v1/models?status=active&limit=100')).json()).models;

describe('/.well-known/ai-service.json (R-INFER-6)', () => {
  it('has the models, prices and payment of this gateway, counted now', async () => {
    const gateway = await fixture.start({
      ...operator,
      TOUCHSTONE_PAYMENT_MODE: 'x402',
      TOUCHSTONE_PUBLIC_URL: 'https://gateway.example',
      TOUCHSTONE_SERVICE_NAME: 'Example',
      TOUCHSTONE_PROVIDER_NAME: 'Example Ltd',
      TOUCHSTONE_PROVIDER_URL: 'https://example.com',
    });
    const models = await modelsAt(gateway);
    const service = await serviceAt(gateway);
    expect(service).toMatchObject({
      name: 'Example',
      url: 'https://gateway.example',
      provider: { name: 'Example Ltd', url: 'https://example.com' },
      offers: { lowPrice: '0.01', highPrice: '2.00', offerCount: models.length, paymentMethod: 'X402' },
      models: { endpoint: 'https://gateway.example/v1/models', count: models.length },
      x402: { network: 'eip155:8453', chainId: 8453, contractAddress: models[0]?.price?.asset },
      // Nothing proves here, and the document does not say so.
      capabilities: ['ONNX-Inference'],
      verificationMethod: { proofSystem: null },
    });
    expect(service.models.categories).toEqual([...new Set(models.map(({ task }) => task))].sort());
    await add(gateway, { name: 'dear', priceAtomic: '3500000', task: 'grading' }, classifier);
    const more = await serviceAt(gateway);
    expect(more.models.count).toBe(models.length + 1);
    expect(more.models.categories).toContain('grading');
    expect(more.offers).toMatchObject({ highPrice: '3.50' });
    await fetch(`${gateway.url}/v1/models/dear`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    expect(await serviceAt(gateway)).toEqual(service);
  }, 60_000);

  it('offers nothing for money where nothing is paid, and names no provider that is not configured', async () => {
    const service = await serviceAt(await fixture.start());
    expect(service).not.toHaveProperty('offers');
    expect(service).not.toHaveProperty('x402');
    expect(service).not.toHaveProperty('provider');
  }, 60_000);
});

describe('a price', () => {
  it.each([
    [0n, '0.00'],
    [1n, '0.000001'],
    [10_000n, '0.01'],
    [250_000n, '0.25'],
    [1_234_567n, '1.234567'],
    [12_000_000n, '12.00'],
  ])('of %d atomic units is %s dollars', (atomic, text) => {
    expect(dollars(atomic)).toBe(text);
  });
});
