import type { Config } from './config.js';
import { verbNames } from './domain/verbs.js';

/** What this signer does as it is configured: its verbs, the format of output signatures and the log that it signs. */
export function capabilitiesOf(config: Pick<Config, 'SIGNATURE_FORMAT' | 'TOUCHSTONE_LOG_ORIGIN'>): string[] {
  return [
    ...verbNames.map((verb) => `signer:${verb}`),
    `signature:${config.SIGNATURE_FORMAT}`,
    `log:${config.TOUCHSTONE_LOG_ORIGIN}`,
  ];
}
