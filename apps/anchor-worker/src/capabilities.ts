import type { Config } from './config.js';

/** What this anchor-worker does as it is configured: its log, and the kinds of anchor with their networks. */
export function capabilitiesOf(
  config: Pick<Config, 'ANCHOR_MODE' | 'TOUCHSTONE_ANCHOR_TARGETS' | 'TOUCHSTONE_LOG_ORIGIN'>,
): string[] {
  const targets = config.ANCHOR_MODE === 'advanced' ? (config.TOUCHSTONE_ANCHOR_TARGETS ?? []) : [];
  return [
    `anchor:${config.ANCHOR_MODE}`,
    ...targets.map(({ kind, network }) => `anchor:${kind}:${network}`),
    `log:${config.TOUCHSTONE_LOG_ORIGIN}`,
  ];
}
