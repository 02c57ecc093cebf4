import type { ServiceName } from '@touchstone/contracts';
import type { QueueFigures } from '@touchstone/nats';
import { bucketsOf, bucketsSince, countOf, quantileOf } from './histogram.js';
import { sumOf, type Sample, type Samples } from './metrics-text.js';
import type { DeadLetterCount, ServiceSnapshot, Snapshot } from './snapshot.js';

/** The stages of an answer's way, in their order, with the histogram that measures each and from where. */
export const stages = [
  ['answered', 'inference-gateway', 'touchstone_gateway_inference_seconds', 'since the request'],
  ['accepted', 'anchor-worker', 'touchstone_anchor_leaf_accepted_seconds', 'since recorded'],
  ['sealed, logged', 'anchor-worker', 'touchstone_anchor_leaf_sealed_seconds', 'since accepted'],
  ['checkpointed', 'anchor-worker', 'touchstone_anchor_leaf_checkpointed_seconds', 'since accepted'],
  ['anchored', 'anchor-worker', 'touchstone_anchor_leaf_anchored_seconds', 'since accepted'],
  ['proof ready', 'proof-service', 'touchstone_proof_ready_seconds', 'since recorded'],
  ['anchored proof', 'proof-service', 'touchstone_proof_anchored_seconds', 'since recorded'],
] as const satisfies readonly (readonly [string, ServiceName, string, string])[];

/** One service as it is shown; what it does not say is null. */
export interface ServiceFigures {
  readonly name: string;
  readonly up: boolean;
  readonly ready: boolean;
  readonly detail: string | null;
  readonly memoryBytes: number | null;
  readonly eventLoopLagP99Seconds: number | null;
  readonly httpPerSecond: number | null;
  readonly rpcPerSecond: number | null;
  readonly outboxPending: number | null;
  readonly outboxOldestSeconds: number | null;
}

/** One stage as it is shown. */
export interface StageFigures {
  readonly stage: string;
  readonly from: string;
  readonly count: number;
  readonly perSecond: number | null;
  readonly p50Seconds: number | null;
  readonly p95Seconds: number | null;
  readonly p99Seconds: number | null;
}

/** The anchors of one network as they are shown. */
export interface NetworkFigures {
  readonly network: string;
  readonly final: number;
  readonly open: number;
  readonly failed: number;
  readonly newestFinalAgeSeconds: number | null;
  /** Whether nothing can become final there; null where nothing is anchored any more. */
  readonly troubled: boolean | null;
  /** What costs are counted in: `wei`, `tokens`. */
  readonly unit: string | null;
  /** Of the last 24 hours, whole numbers as strings. */
  readonly cost: string | null;
  /** Decimal, as a string. */
  readonly costPerLeaf: string | null;
}

/** What `touchstone top` shows. */
export interface Figures {
  /** RFC 3339. */
  readonly at: string;
  /** What rates and quantiles are of: the seconds before `at`, or null for everything since each process started. */
  readonly windowSeconds: number | null;
  readonly services: readonly ServiceFigures[];
  readonly stages: readonly StageFigures[];
  readonly networks: readonly NetworkFigures[];
  readonly queues: readonly QueueFigures[] | null;
  readonly deadLetters: DeadLetterCount | null;
  /** Why queues and dead letters are not known. */
  readonly queuesDetail: string | null;
}

/** Figures of a moment; with an earlier moment rates and quantiles are of the time between. */
export function figuresOf(now: Snapshot, earlier: Snapshot | undefined): Figures {
  const before = (name: string): Samples | undefined =>
    earlier?.services.find((service) => service.name === name)?.samples;
  const windowSeconds = earlier === undefined ? undefined : (now.atMs - earlier.atMs) / 1_000;
  const { queues } = now;
  return {
    at: new Date(now.atMs).toISOString(),
    windowSeconds: windowSeconds ?? null,
    services: now.services.map((service) =>
      serviceFigures(service, before(service.name), windowSeconds ?? uptime(service, now.atMs)),
    ),
    stages: stages.flatMap(([stage, name, metric, from]) => {
      const service = now.services.find((one) => one.name === name);
      if (service === undefined) return [];
      const seconds = windowSeconds ?? uptime(service, now.atMs);
      return [{ stage, from, ...stageFigures(service.samples, before(name), metric, seconds) }];
    }),
    networks: networkFigures(now.services.find(({ name }) => name === 'anchor-worker')?.samples),
    queues: queues.known ? queues.queues : null,
    deadLetters: queues.known ? queues.deadLetters : null,
    queuesDetail: queues.known ? null : queues.detail,
  };
}

function uptime({ samples }: ServiceSnapshot, atMs: number): number | undefined {
  const startedAt = sumOf(samples, 'process_start_time_seconds');
  return startedAt === undefined ? undefined : Math.max(1, atMs / 1_000 - startedAt);
}

function serviceFigures(
  { name, up, ready, detail, samples }: ServiceSnapshot,
  before: Samples | undefined,
  seconds: number | undefined,
): ServiceFigures {
  const rate = (metric: string): number | null => {
    const total = sumOf(samples, metric);
    if (total === undefined || seconds === undefined || seconds <= 0) return null;
    const earlier = sumOf(before, metric) ?? 0;
    return (total >= earlier ? total - earlier : total) / seconds;
  };
  return {
    name,
    up,
    ready,
    detail: detail ?? null,
    memoryBytes: sumOf(samples, 'process_resident_memory_bytes') ?? null,
    eventLoopLagP99Seconds: sumOf(samples, 'nodejs_eventloop_lag_p99_seconds') ?? null,
    httpPerSecond: rate('touchstone_http_server_duration_seconds_count'),
    rpcPerSecond: rate('touchstone_mesh_rpc_served_seconds_count'),
    outboxPending: sumOf(samples, 'touchstone_outbox_pending') ?? null,
    outboxOldestSeconds: sumOf(samples, 'touchstone_outbox_oldest_age_seconds') ?? null,
  };
}

const FINAL_STATES: readonly string[] = ['final'];
const OPEN_STATES: readonly string[] = ['prepared', 'sent', 'included', 'orphaned'];
const FAILED_STATES: readonly string[] = ['failed'];

function networkFigures(samples: Samples | undefined): NetworkFigures[] {
  const of = (metric: string, network: string): readonly Sample[] =>
    samples?.get(`touchstone_anchor_${metric}`)?.filter(({ labels }) => labels['network'] === network) ?? [];
  const names = ['anchors', 'target_troubled'].flatMap(
    (metric) =>
      samples?.get(`touchstone_anchor_${metric}`)?.flatMap(({ labels }) => labels['network'] ?? []) ?? [],
  );
  return [...new Set(names)].sort().map((network) => {
    const count = (states: readonly string[]): number =>
      of('anchors', network)
        .filter(({ labels }) => states.includes(labels['state'] ?? ''))
        .reduce((sum, { value }) => sum + value, 0);
    const [troubled] = of('target_troubled', network);
    const [cost] = of('cost_per_day', network);
    const [perLeaf] = of('cost_per_leaf', network);
    return {
      ...{ network, final: count(FINAL_STATES), open: count(OPEN_STATES), failed: count(FAILED_STATES) },
      newestFinalAgeSeconds: of('newest_final_age_seconds', network)[0]?.value ?? null,
      troubled: troubled === undefined ? null : troubled.value !== 0,
      unit: cost?.labels['unit'] ?? null,
      cost: cost === undefined ? null : wholeText(cost.value),
      costPerLeaf: perLeaf === undefined ? null : decimalText(perLeaf.value),
    };
  });
}

/** No exponent, whatever the size. */
function wholeText(value: number): string {
  return BigInt(Math.round(value)).toString();
}

function decimalText(value: number): string {
  return Number.isInteger(value) ? wholeText(value) : value.toString();
}

function stageFigures(
  samples: Samples | undefined,
  before: Samples | undefined,
  metric: string,
  seconds: number | undefined,
): Omit<StageFigures, 'stage' | 'from'> {
  const total = bucketsOf(samples, metric);
  const buckets = total && bucketsSince(total, bucketsOf(before, metric));
  const quantile = (q: number): number | null => (buckets && quantileOf(buckets, q)) ?? null;
  const count = buckets === undefined ? 0 : countOf(buckets);
  return {
    count,
    perSecond: buckets === undefined || seconds === undefined || seconds <= 0 ? null : count / seconds,
    p50Seconds: quantile(0.5),
    p95Seconds: quantile(0.95),
    p99Seconds: quantile(0.99),
  };
}
