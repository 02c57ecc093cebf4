import type { Clock } from '@touchstone/platform/wiring';
import { SignerDouble, type TestDatabase } from '@touchstone/testing';
import { ServiceFixture, surroundingsOf, type Settings, type TestService } from '@touchstone/testing/service';
import type { configSchema } from '../../src/config.js';
import { service, serviceWith } from '../../src/service.js';
import { PaymentVerifierDouble } from './payment-verifier-double.js';
import { modelsFolder } from './sample-models.js';

/** The address that the tests pay to. */
export const PAY_TO = `0x${'22'.repeat(20)}`;

/** One replica. */
export type Gateway = TestService;

const READY_WAIT_MS = 15_000;

const settings = {
  TOUCHSTONE_MODELS_DIR: modelsFolder,
  TOUCHSTONE_PAYMENT_MODE: 'off',
  TOUCHSTONE_PAY_TO: PAY_TO,
  TOUCHSTONE_INFERENCE_WORKERS: '1',
  // A spec is one caller that asks as often as it likes.
  TOUCHSTONE_RATE_LIMIT_PER_MINUTE: '0',
};

/** Any number of gateways with doubles of the services that they ask. */
export class GatewayFixture extends ServiceFixture<typeof configSchema> {
  readonly signer = new SignerDouble();
  readonly payments = new PaymentVerifierDouble();

  /** @param options services that stay away at first, and a database of its own server */
  static async create(
    options: { without?: readonly ('signer' | 'payment-verifier')[]; database?: TestDatabase } = {},
  ): Promise<GatewayFixture> {
    const { without = [], database } = options;
    const fixture = new GatewayFixture(await surroundingsOf(service, settings, { database }));
    const { signer, payments } = fixture;
    if (!without.includes('signer')) signer.serve(await fixture.connect('signer'));
    if (!without.includes('payment-verifier')) payments.serve(await fixture.connect('payment-verifier'));
    return fixture;
  }

  override async start(
    change: Settings = {},
    options: { ready?: boolean; heartbeatIntervalMs?: number; clock?: Clock } = {},
  ): Promise<Gateway> {
    const definition = serviceWith(options.heartbeatIntervalMs);
    const { clock } = options;
    const gateway = await this.launch(change, { definition, ...(clock ? { clock } : {}) });
    if (options.ready !== false) await gateway.ready(READY_WAIT_MS);
    return gateway;
  }

  /** One column of a query, as an array. */
  async column<T>(sql: string, parameters: unknown[] = []): Promise<T[]> {
    return (await this.rows(sql, parameters)).map((row) => Object.values(row)[0] as T);
  }
}

/** Posts a request to a model. */
export function infer(
  gateway: Gateway,
  model: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  return gateway.post(`/v1/models/${model}/infer`, body, headers);
}
