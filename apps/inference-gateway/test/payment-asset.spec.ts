import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@touchstone/testing';
import { GatewayFixture, infer, type Gateway } from './support/gateway-fixture.js';
import { PayingClient } from './support/paying-client.js';
import { heldOutRow } from './support/sample-models.js';

const paid = { TOUCHSTONE_PAYMENT_MODE: 'x402' };
const invalid = (message: string) => expect.objectContaining({ code: 'config-invalid', message });

describe('what the gateway asks to be paid in', () => {
  let fixture: GatewayFixture;
  beforeEach(async () => {
    fixture = await GatewayFixture.create({ without: ['payment-verifier'] });
  });
  afterEach(() => fixture.close());

  const serve = async (asset: Partial<GatewayFixture['payments']['asset']> = {}): Promise<void> => {
    fixture.payments.asset = { ...fixture.payments.asset, ...asset };
    fixture.payments.serve(await fixture.connect('payment-verifier'));
  };
  const checkOf = async ({ context }: Gateway) =>
    (await context.health.readiness()).checks.find(({ name }) => name === 'payment asset');

  it('is what the payment-verifier takes', async () => {
    await serve();
    const gateway = await fixture.start(paid);
    expect(await checkOf(gateway)).toMatchObject({ ok: true });
  });

  it.each([
    [
      { name: 'USDC' },
      'the token calls itself USDC, the configuration says USD Coin (TOUCHSTONE_PAYMENT_ASSET_NAME).',
    ],
    [
      { version: '1' },
      'the version of the token is 1, the configuration says 2 (TOUCHSTONE_PAYMENT_ASSET_VERSION).',
    ],
    [
      { network: 'eip155:84532' },
      'the payment-verifier serves eip155:84532, the configuration says eip155:8453 (TOUCHSTONE_PAYMENT_NETWORK).',
    ],
    [
      { address: `0x${'ab'.repeat(20)}` },
      `the payment-verifier takes 0x${'ab'.repeat(20)}, the configuration says ` +
        '0x833589fcd6edb6e08f4c7c32d4f71b54bda02913 (TOUCHSTONE_PAYMENT_ASSET).',
    ],
  ])('stops the start when it is not: %j', async (asset, message) => {
    await serve(asset);
    await expect(fixture.start(paid, { ready: false })).rejects.toEqual(invalid(message));
  });

  it('may have a name that is not ASCII', async () => {
    await serve({ name: 'USD₮0' });
    await expect(fixture.start(paid, { ready: false })).rejects.toEqual(
      invalid(
        'the token calls itself USD₮0, the configuration says USD Coin (TOUCHSTONE_PAYMENT_ASSET_NAME).',
      ),
    );
    const gateway = await fixture.start({ ...paid, TOUCHSTONE_PAYMENT_ASSET_NAME: 'USD₮0' });
    expect(await checkOf(gateway)).toMatchObject({ ok: true });
  });

  it.each(['USD₮0', 'ریال\u200cدیجیتال'])(
    'is offered and paid as %s by the official client',
    async (name) => {
      await serve({ name });
      const gateway = await fixture.start({ ...paid, TOUCHSTONE_PAYMENT_ASSET_NAME: name });
      const request = {
        inputs: [{ name: 'pixels', datatype: 'FP32', shape: [1, 64], data: heldOutRow('digits').values }],
      };
      const unpaid = await infer(gateway, 'digits', request);
      expect(unpaid.status).toBe(402);
      // Any reader of base64 and JSON finds the name in it, not only the library that wrote it.
      const bytes = Buffer.from(unpaid.headers.get('payment-required') ?? '', 'base64');
      const challenge = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as {
        accepts: { extra: unknown }[];
      };
      expect(challenge.accepts[0]?.extra).toMatchObject({ name });
      const payer = new PayingClient();
      const answered = await infer(gateway, 'digits', request, await payer.headerFor(unpaid));
      expect(answered.status).toBe(200);
      expect(await answered.json()).toMatchObject({ payment: { payer: payer.payer } });
    },
  );

  it('is not compared in what the token does not tell', async () => {
    await serve({ name: null, version: null });
    expect(await checkOf(await fixture.start(paid))).toMatchObject({ ok: true });
  });

  it('keeps the gateway from being ready until the payment-verifier was asked', async () => {
    const gateway = await fixture.start(paid, { ready: false });
    expect(await checkOf(gateway)).toMatchObject({ ok: false });
    await serve();
    await waitUntil(async () => (await checkOf(gateway))?.ok);
  });

  it('keeps the gateway from being ready, with the reason, when they turn out to differ later', async () => {
    const gateway = await fixture.start(paid, { ready: false });
    await serve({ name: 'USDC' });
    const check = await waitUntil(async () => {
      const found = await checkOf(gateway);
      return JSON.stringify(found).includes('the token calls itself USDC') && found;
    });
    expect(check).toMatchObject({ ok: false });
  });

  it('is nothing to compare where nobody pays', async () => {
    const gateway = await fixture.start();
    expect(await checkOf(gateway)).toBeUndefined();
  });
});
