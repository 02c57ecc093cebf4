import type { Config } from './config.js';

/** What this proof-service does as it is configured: the log that it proves, and the chains whose anchors it checks. */
export function capabilitiesOf(
  config: Pick<Config, 'TOUCHSTONE_ANCHOR_CONTRACTS' | 'TOUCHSTONE_LOG_ORIGIN'>,
): string[] {
  const networks = Object.keys(config.TOUCHSTONE_ANCHOR_CONTRACTS ?? {});
  return [`proof:${config.TOUCHSTONE_LOG_ORIGIN}`, ...networks.map((network) => `anchor-check:${network}`)];
}
