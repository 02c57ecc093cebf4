import { AppError, shortText, type PaymentAsset } from '@touchstone/contracts';
import type { RpcClient } from '@touchstone/nats';
import type { ServiceContext } from '@touchstone/platform/wiring';
import type { Config } from '../../config.js';
import type { OfferedTransfers } from '../transfer/offered-transfers.js';

/** Milliseconds that the payment-verifier may take to say what it takes. */
export const PAYMENT_ASSET_TIMEOUT_MS = 2_000;

/** Characters of a token's own words that are told. */
const TOLD_CHARACTERS = 64;

type Offered = Pick<
  Config,
  | 'TOUCHSTONE_PAYMENT_NETWORK'
  | 'TOUCHSTONE_PAYMENT_ASSET'
  | 'TOUCHSTONE_PAYMENT_ASSET_NAME'
  | 'TOUCHSTONE_PAYMENT_ASSET_VERSION'
>;

/**
 * What is wrong with an offer, in words for an operator; `undefined` for nothing. Whoever signs under another name than
 * the token's makes a well-formed payment that can never be made, and nothing else would look wrong.
 */
export function offerMismatch(offered: Offered, asset: PaymentAsset): string | undefined {
  const compared = [
    ['the payment-verifier serves', asset.network, 'TOUCHSTONE_PAYMENT_NETWORK'],
    ['the payment-verifier takes', asset.address, 'TOUCHSTONE_PAYMENT_ASSET'],
    ['the token calls itself', asset.name, 'TOUCHSTONE_PAYMENT_ASSET_NAME'],
    ['the version of the token is', asset.version, 'TOUCHSTONE_PAYMENT_ASSET_VERSION'],
  ] as const;
  const wrong = compared.find(([, actual, key]) => actual !== null && actual !== offered[key]);
  if (wrong === undefined) return undefined;
  const [what, actual, key] = wrong;
  // A token's name is anybody's text, and this ends in a log.
  const told = shortText(actual ?? '', TOLD_CHARACTERS);
  return `${what} ${told}, the configuration says ${offered[key]} (${key}).`;
}

/** Compares what this gateway offers with what the payment-verifier takes, until the two were seen to agree once. */
export class PaymentAssetCheck {
  private agreed = false;

  constructor(
    private readonly rpc: RpcClient,
    private readonly offered: Offered,
    private readonly transfers: Pick<OfferedTransfers, 'learn'>,
  ) {}

  /** @throws AppError `config-invalid` when they differ; what the RPC throws while nobody answers */
  async run(): Promise<void> {
    if (this.agreed) return;
    const { asset, supported } = await this.rpc.call(
      'payment-verifier',
      'supported',
      {},
      { timeoutMs: PAYMENT_ASSET_TIMEOUT_MS },
    );
    const mismatch = offerMismatch(this.offered, asset);
    if (mismatch !== undefined) throw new AppError('config-invalid', mismatch);
    this.transfers.learn(supported);
    this.agreed = true;
  }
}

/**
 * Refuses to start on an offer that nobody could pay. A payment-verifier that is away does not hold up the start: the
 * gateway is not ready until it was asked, and each look at readiness asks again.
 */
export async function watchPaymentAsset(
  rpc: RpcClient,
  transfers: OfferedTransfers,
  { config, health, logger }: ServiceContext<Config>,
): Promise<void> {
  if (config.TOUCHSTONE_PAYMENT_MODE === 'off') return;
  const check = new PaymentAssetCheck(rpc, config, transfers);
  await check.run().catch((error: unknown) => {
    if (!(error instanceof AppError) || error.code === 'config-invalid') throw error;
    logger.warn({ err: error }, 'the payment-verifier was not asked yet what it takes');
  });
  health.addReadiness('payment asset', () => check.run(), { timeoutMs: PAYMENT_ASSET_TIMEOUT_MS + 500 });
}
