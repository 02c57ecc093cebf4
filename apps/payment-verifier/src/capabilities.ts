import type { Config } from './config.js';

/** What this payment-verifier does as it is configured: the token that it takes, and its network. */
export function capabilitiesOf(
  config: Pick<Config, 'TOUCHSTONE_PAYMENT_ASSET' | 'TOUCHSTONE_PAYMENT_NETWORK'>,
): string[] {
  return [`x402:${config.TOUCHSTONE_PAYMENT_NETWORK}:${config.TOUCHSTONE_PAYMENT_ASSET}`];
}
