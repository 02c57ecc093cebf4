import type { Logger } from '@touchstone/platform/observability';
import type { FakeClock } from '@touchstone/testing';
import { ServiceFixture, surroundingsOf, type Settings, type TestService } from '@touchstone/testing/service';
import type { configSchema } from '../../src/config.js';
import { service } from '../../src/service.js';

export const ORIGIN = 'localhost/touchstone/test';
export const ANCHOR_CONTRACT = `0x${'aa'.repeat(20)}`;
export const ASSET = `0x${'bb'.repeat(20)}`;
export const CHAIN_ID = 8453;
/** A second chain, where the anchor key alone may call a contract. */
export const OTHER_CHAIN_ID = 10;
export const OTHER_ANCHOR_CONTRACT = `0x${'ac'.repeat(20)}`;
export const GATEWAY_TOKEN = 'g'.repeat(40);
export const WORKER_TOKEN = 'w'.repeat(40);

/** Whose batches the callers of the tests have signed. */
export const HUB_TENANT = '0190aaaa-0000-4000-8000-000000000001';
export const COLLECTOR_TENANT = '0190aaaa-0000-4000-8000-000000000002';
export const HUB_TOKEN = 'h'.repeat(40);
export const COLLECTOR_TOKEN = 'c'.repeat(40);
export const EVENTS_ALONE_TOKEN = 'e'.repeat(40);

const settings = {
  MODEL_SIGNING_KEY_HEX: '11'.repeat(32),
  MODEL_SIGNING_KEY_ID: 'output-1',
  TOUCHSTONE_LOG_ORIGIN: ORIGIN,
  TOUCHSTONE_CHECKPOINT_SEED_HEX: '22'.repeat(32),
  TOUCHSTONE_ANCHOR_TX_KEY_HEX: '33'.repeat(32),
  TOUCHSTONE_SETTLEMENT_TX_KEY_HEX: '44'.repeat(32),
  TOUCHSTONE_ANCHOR_CONTRACTS: JSON.stringify({
    [`eip155:${CHAIN_ID}`]: ANCHOR_CONTRACT,
    [`eip155:${OTHER_CHAIN_ID}`]: OTHER_ANCHOR_CONTRACT,
  }),
  TOUCHSTONE_SETTLEMENT_NETWORK: `eip155:${CHAIN_ID}`,
  TOUCHSTONE_SETTLEMENT_ASSET: ASSET,
  ORACLE_ED25519_SEED: '66'.repeat(32),
  TOUCHSTONE_BATCH_CALLERS: JSON.stringify({
    'attestation-hub': { tenant: HUB_TENANT, leaves: true },
    collector: { tenant: COLLECTOR_TENANT, leaves: true },
    'events-alone': { tenant: COLLECTOR_TENANT, formats: ['event-batch-v2'] },
  }),
  TOUCHSTONE_SIGNER_TOKENS: JSON.stringify({
    'inference-gateway': GATEWAY_TOKEN,
    'anchor-worker': WORKER_TOKEN,
    'attestation-hub': HUB_TOKEN,
    collector: COLLECTOR_TOKEN,
    'events-alone': EVENTS_ALONE_TOKEN,
  }),
};

/** Any number of signers with the same keys. */
export class SignerFixture extends ServiceFixture<typeof configSchema> {
  static async create(): Promise<SignerFixture> {
    return new SignerFixture(await surroundingsOf(service, settings));
  }

  /** Starts a replica that goes by a clock of the test, and writes to its log. */
  startAt(clock: FakeClock, change: Settings = {}, logger?: Logger): Promise<TestService> {
    return this.launch(change, { clock, ...(logger === undefined ? {} : { logger }) });
  }
}
