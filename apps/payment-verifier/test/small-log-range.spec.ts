import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chainNodes } from '@touchstone/testing';
import type { TestService } from '@touchstone/testing/service';
import { digest, PaymentFixture } from './support/payment-fixture.js';
import { requirementsFor } from './support/payer.js';

const START_TIMEOUT_MS = 60_000;
/** Blocks since the reservation; more than the provider answers at once. */
const BLOCKS = 700;

describe('payments behind a provider that answers few blocks of logs', () => {
  let fixture: PaymentFixture;
  let service: TestService;
  beforeAll(async () => {
    fixture = await PaymentFixture.create();
    service = await fixture.start({ TOUCHSTONE_SETTLE_TIMEOUT_MS: '300' });
  }, START_TIMEOUT_MS);
  afterAll(() => fixture.close());

  it.each([
    ['500 blocks', chainNodes.logs500, 500],
    ['10 blocks', chainNodes.logs10, 10],
  ] as const)(
    'decides one whose transaction was dropped 700 blocks ago, at %s',
    async (_name, node, most) => {
      const payer = await fixture.payer();
      const { timestamp } = await fixture.token.rpc<{ timestamp: string }>('eth_getBlockByNumber', [
        'latest',
        false,
      ]);
      const objects = await payer.payWith(requirementsFor(fixture.payTo), {
        validBefore: String(Number(timestamp) + 60),
      });
      const before = await fixture.token.balanceOf(fixture.payTo);
      const claim = await fixture.gateway.call('payment-verifier', 'authorize', {
        ...objects,
        requestDigest: digest(),
      });
      if (claim.outcome !== 'reserved') throw new Error(JSON.stringify(claim));
      const { reservationId } = claim;
      fixture.proxy.become(node);
      fixture.proxy.decide = (method) => (method === 'eth_sendRawTransaction' ? 'fail' : 'pass');
      await fixture.gateway.call('payment-verifier', 'settle', { reservationId });
      await fixture.token.rpc('anvil_mine', [`0x${BLOCKS.toString(16)}`]);
      await fixture.token.passTime(60);
      await fixture.recovered(reservationId, 'failed');
      fixture.proxy.decide = () => 'pass';
      expect(await fixture.token.balanceOf(fixture.payTo)).toBe(before);
      const width = await service.metric('touchstone_payment_log_range_blocks');
      expect(width).toBeGreaterThan(0);
      expect(width).toBeLessThanOrEqual(most);
    },
  );
});
