import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { developmentToken } from '@touchstone/embedded';
import type { RunningService } from '@touchstone/platform/runtime';
import { waitUntil } from '@touchstone/testing';
import { digest, PaymentFixture } from './support/payment-fixture.js';
import { ASSET, NETWORK, requirementsFor } from './support/payer.js';

const START_TIMEOUT_MS = 60_000;
/** Storage slots of the stand-in for USDC. */
const NAME_SLOT = `0x${'00'.repeat(32)}`;
const VERSION_SLOT = `0x${'00'.repeat(31)}01`;

/** A string of up to 31 bytes as Solidity stores it. */
function storedText(text: string): string {
  const bytes = Buffer.from(text);
  const word = Buffer.alloc(32);
  bytes.copy(word);
  word[31] = bytes.length * 2;
  return `0x${word.toString('hex')}`;
}

describe('what the token calls itself', () => {
  let fixture: PaymentFixture;
  beforeAll(async () => {
    fixture = await PaymentFixture.create();
  }, START_TIMEOUT_MS);
  afterEach(async () => {
    fixture.proxy.decide = () => 'pass';
    await rename(developmentToken.name, developmentToken.version);
  });
  afterAll(() => fixture.close());

  const rename = async (name: string, version: string): Promise<void> => {
    await fixture.token.rpc('anvil_setStorageAt', [ASSET, NAME_SLOT, storedText(name)]);
    await fixture.token.rpc('anvil_setStorageAt', [ASSET, VERSION_SLOT, storedText(version)]);
  };
  const withService = async (work: (service: RunningService) => Promise<void>): Promise<void> => {
    const service = await fixture.start();
    try {
      await work(service);
    } finally {
      await service.stop();
    }
  };
  const authorize = async (name: string, version: string) => {
    const requirements = { ...requirementsFor(fixture.payTo), extra: { name, version } };
    const objects = await (await fixture.payer()).pay(requirements);
    return {
      objects,
      result: await fixture.gateway.call('payment-verifier', 'authorize', {
        ...objects,
        requestDigest: digest(),
      }),
    };
  };
  const assetOf = async () => (await fixture.gateway.call('payment-verifier', 'supported', {})).asset;
  const checkOf = async ({ context }: RunningService) =>
    (await context.health.readiness()).checks.find(({ name }) => name === 'token');

  it('is told to the gateway, and payments under it are taken', async () => {
    await withService(async () => {
      const { name, version } = developmentToken;
      expect(await assetOf()).toEqual({ network: NETWORK, address: ASSET, name, version });
      expect((await authorize(name, version)).result).toMatchObject({ outcome: 'reserved' });
    });
  });

  it.each([
    ['Another Coin', developmentToken.version, 'name', `calls itself "${developmentToken.name}"`],
    [developmentToken.name, '1', 'version', `version is "${developmentToken.version}"`],
  ])('refuses payments under %s, version %s, and says so', async (name, version, what, words) => {
    await withService(async () => {
      expect((await authorize(name, version)).result).toEqual({
        outcome: 'invalid',
        reason: `invalid_exact_evm_token_${what}_mismatch`,
        message: expect.stringContaining(words),
        // Under this name nothing can be charged; whether it could earlier is not looked at.
        charged: 'unknown',
      });
    });
  });

  it('may be no ASCII: a payment in USD₮0 is settled', async () => {
    await rename('USD₮0', '1');
    await withService(async () => {
      expect(await assetOf()).toMatchObject({ name: 'USD₮0', version: '1' });
      const { result } = await authorize('USD₮0', '1');
      if (result.outcome !== 'reserved') throw new Error(JSON.stringify(result));
      const { reservationId } = result;
      expect(await fixture.gateway.call('payment-verifier', 'settle', { reservationId })).toMatchObject({
        outcome: 'settled',
      });
    });
  });

  it('is asked for later when the node is away at the start, and the service is not ready meanwhile', async () => {
    fixture.proxy.decide = () => 'fail';
    await withService(async (service) => {
      expect(await checkOf(service)).toMatchObject({ ok: false });
      await expect(assetOf()).rejects.toMatchObject({ code: 'dependency-unavailable' });
      fixture.proxy.decide = () => 'pass';
      await waitUntil(async () => (await checkOf(service))?.ok);
      expect(await assetOf()).toMatchObject({ name: developmentToken.name });
    });
  });

  it('is asked for once', async () => {
    await withService(async () => {
      const asked = fixture.proxy.callsOf('eth_call').length;
      await assetOf();
      await assetOf();
      expect(fixture.proxy.callsOf('eth_call')).toHaveLength(asked);
    });
  });

  it('is nothing where there is no contract: the service is not ready and says why', async () => {
    const nowhere = `0x${'ab'.repeat(20)}`;
    const service = await fixture.start({ TOUCHSTONE_PAYMENT_ASSET: nowhere });
    expect(JSON.stringify(await checkOf(service))).toContain(`There is no contract at ${nowhere}`);
    await service.stop();
  });
});
