import { anchorStates } from '@touchstone/contracts';
import { Gauge, type Registry } from '@touchstone/platform/observability';
import { singleFlight } from '@touchstone/work';
import type { AnchorReader, NetworkFigures } from './domain/anchor/anchor-reader.js';
import { costUnits } from './domain/anchor/cost-units.js';

/** Milliseconds that figures of networks are taken as recent: they are sums over the anchors of a day. */
export const NETWORK_FIGURES_CACHE_MS = 10_000;

/** Figures of each network, read from the database at the time of a scrape; one read serves them all. */
export function addNetworkFigures(registry: Registry, reader: Pick<AnchorReader, 'networks'>): void {
  const read = recently(singleFlight(() => reader.networks()));
  const gauge = (
    name: string,
    help: string,
    labelNames: string[],
    set: (gauge: Gauge, figures: NetworkFigures) => void,
  ): void => {
    const made: Gauge = new Gauge({
      ...{ name: `touchstone_anchor_${name}`, help, labelNames, registers: [] },
      collect: async () => {
        try {
          for (const figures of await read()) set(made, figures);
        } catch {
          // A database that does not answer leaves the last figures; readiness tells about it.
        }
      },
    });
    registry.registerMetric(made);
  };
  gauge(
    'anchors',
    'Anchors by state and network; final ones of the last 24 hours.',
    ['state', 'network'],
    (made, { network, byState }) => {
      for (const state of anchorStates) made.set({ state, network }, byState[state] ?? 0);
    },
  );
  gauge(
    'newest_final_age_seconds',
    'Age of the newest final anchor, by network.',
    ['network'],
    (made, { network, newestFinalAgeSeconds }) => {
      if (newestFinalAgeSeconds !== undefined) made.set({ network }, newestFinalAgeSeconds);
    },
  );
  gauge(
    'cost_per_day',
    'What anchors cost in the last 24 hours, failed ones included.',
    ['network', 'unit'],
    (made, { network, kind, cost }) => made.set({ network, unit: costUnits[kind] }, Number(cost)),
  );
  gauge(
    'cost_per_leaf',
    'Cost of the anchors that became final in the last 24 hours, per leaf that they cover first.',
    ['network', 'unit'],
    (made, { network, kind, finalCost, finalLeaves }) => {
      const labels = { network, unit: costUnits[kind] };
      if (finalLeaves > 0) made.set(labels, Number(finalCost) / finalLeaves);
      else made.remove(labels);
    },
  );
}

/** Keeps an answer for a while. */
function recently<T>(read: () => Promise<T>): () => Promise<T> {
  let kept: { readonly value: T; readonly atMs: number } | undefined;
  return async () => {
    if (kept === undefined || performance.now() - kept.atMs > NETWORK_FIGURES_CACHE_MS) {
      const value = await read();
      kept = { value, atMs: performance.now() };
    }
    return kept.value;
  };
}
