import { createMeshMetrics } from '@touchstone/nats';
import { createMetrics, HealthRegistry, Histogram, type Registry } from '@touchstone/platform/observability';
import { createDataSource } from '@touchstone/postgres';
import { addReadinessFigures } from '../../../../libs/platform/src/health/readiness-metrics.js';
import { BodyBudget } from '../../../../libs/platform/src/http/body-budget.js';
import { addBodyFigures } from '../../../../libs/platform/src/http/body-figures.js';
import { RequestObserver } from '../../../../libs/platform/src/http/request-observer.js';
import { TrustedProxies } from '../../../../libs/platform/src/rates/caller-address.js';
import { RateLimits } from '../../../../libs/platform/src/rates/rate-limits.js';
import { RelayMetrics } from '../../../../libs/postgres/src/outbox/relay-metrics.js';
import { addPoolFigures } from '../../../../libs/postgres/src/pool-metrics.js';
import { SessionPool } from '../../../../libs/postgres/src/session-pool.js';
import type { AnchorReader } from '../../../anchor-worker/src/domain/anchor/anchor-reader.js';
import { AnchorMetrics } from '../../../anchor-worker/src/metrics.js';
import { HubMetrics } from '../../../attestation-hub/src/metrics.js';
import { JobMetrics } from '../../../inference-gateway/src/job-metrics.js';
import { GatewayMetrics } from '../../../inference-gateway/src/metrics.js';
import { PrometheusPaymentMetrics } from '../../../payment-verifier/src/metrics.js';
import { ProofMetrics } from '../../../proof-service/src/metrics.js';
import { ObjectMetrics } from '../../../proof-service/src/object-metrics.js';
import { NodeNews } from '../../../signer/src/node-news.js';

/** What Prometheus and the operator put on every series. */
const TARGET_LABELS = ['job', 'instance', 'service', 'namespace', 'pod'];

const never = (): Promise<never> => Promise.reject(new Error('Nothing is read here.'));

/** Every figure of every service in one registry; none of them is read. */
function everyFigure(): Registry {
  const registry = createMetrics({ service: 'signer', version: '0.0.0', hash: '' });
  const options = {
    url: 'postgresql://nobody@127.0.0.1:1/none',
    schema: 'signer',
    applicationName: 'figures',
  };
  addReadinessFigures(registry, new HealthRegistry());
  new RequestObserver(registry);
  addBodyFigures(registry, new BodyBudget(1));
  new RateLimits(1, new TrustedProxies([]), registry);
  createMeshMetrics(registry);
  new RelayMetrics(registry, createDataSource(options));
  const session = { schema: 'signer', statementTimeoutMs: 1 };
  addPoolFigures(registry, { driver: { master: new SessionPool({ session }) } } as unknown as Parameters<
    typeof addPoolFigures
  >[1]);
  new GatewayMetrics(registry, () => 0, { queued: 0, isEnabled: false });
  new JobMetrics(registry);
  new PrometheusPaymentMetrics(registry, {
    openReservations: never,
    relayerWei: never,
    logRangeBlocks: () => 0,
  });
  new NodeNews(
    ...([undefined, undefined, undefined, registry] as unknown as ConstructorParameters<typeof NodeNews>),
  );
  new AnchorMetrics(registry, { figures: never, networks: never } as unknown as AnchorReader).watchTargets(
    [],
  );
  new ProofMetrics(registry, never);
  new ObjectMetrics(registry, [], never);
  new HubMetrics(registry, never);
  return registry;
}

/** Series that the services export, with their labels. */
export function exportedSeries(): ReadonlyMap<string, ReadonlySet<string>> {
  const series = new Map<string, ReadonlySet<string>>();
  for (const metric of everyFigure().getMetricsAsArray()) {
    // prom-client keeps the names of labels there and does not type them.
    const { labelNames } = metric as unknown as { labelNames: readonly string[] };
    const labels = new Set([...labelNames, ...TARGET_LABELS]);
    if (!(metric instanceof Histogram)) series.set(metric.name, labels);
    else {
      series.set(`${metric.name}_bucket`, new Set([...labels, 'le']));
      for (const part of ['sum', 'count']) series.set(`${metric.name}_${part}`, labels);
    }
  }
  return series;
}

/** Upper bounds of the buckets of every histogram, in seconds. */
export function bucketBounds(): ReadonlyMap<string, readonly number[]> {
  const histograms = everyFigure()
    .getMetricsAsArray()
    .filter((metric) => metric instanceof Histogram);
  // As with the names of labels.
  return new Map(
    histograms.map((metric) => [
      metric.name,
      (metric as unknown as { upperBounds: readonly number[] }).upperBounds,
    ]),
  );
}
