import { printableLine } from '../terminal/printable.js';
import { table } from '../terminal/style.js';
import type { Figures, NetworkFigures, ServiceFigures, StageFigures } from './figures.js';

const NONE = '–';

/** Lines of a screen; each is cut to the width, and lines beyond the height are left out. */
export function renderFigures(figures: Figures, size: { columns: number; rows: number }): string[] {
  const { windowSeconds, services, stages } = figures;
  const of = windowSeconds === null ? 'since each start' : `of the last ${Math.round(windowSeconds)} s`;
  const lines = [
    `touchstone  ${figures.at}  rates and quantiles ${of}`,
    '',
    ...table([
      ['SERVICE', 'STATE', 'MEMORY', 'LAG P99', 'HTTP/S', 'RPC/S', 'OUTBOX', 'OLDEST'],
      ...services.map(serviceRow),
    ]).split('\n'),
    ...services.flatMap(({ name, detail }) =>
      detail === null ? [] : [`  ${name} ${printableLine(detail)}`],
    ),
    '',
    ...table([['STAGE', 'PER S', 'P50', 'P95', 'P99', 'SECONDS'], ...stages.map(stageRow)]).split('\n'),
    '',
    ...networkLines(figures.networks),
    ...queueLines(figures),
  ];
  return lines.slice(0, Math.max(1, size.rows)).map((line) => cut(line, size.columns));
}

function serviceRow(service: ServiceFigures): string[] {
  const { name, up, ready, memoryBytes, eventLoopLagP99Seconds, outboxOldestSeconds } = service;
  return [
    name,
    up ? (ready ? 'ready' : 'not ready') : 'DOWN',
    memoryBytes === null ? NONE : `${Math.round(memoryBytes / 1_048_576)} MiB`,
    duration(eventLoopLagP99Seconds),
    decimal(service.httpPerSecond),
    decimal(service.rpcPerSecond),
    service.outboxPending === null ? NONE : String(service.outboxPending),
    outboxOldestSeconds === null || service.outboxPending === 0 ? NONE : duration(outboxOldestSeconds),
  ];
}

function stageRow({ stage, from, perSecond, p50Seconds, p95Seconds, p99Seconds }: StageFigures): string[] {
  return [stage, decimal(perSecond), duration(p50Seconds), duration(p95Seconds), duration(p99Seconds), from];
}

function networkLines(networks: readonly NetworkFigures[]): string[] {
  if (networks.length === 0) return [];
  const header = [
    'ANCHORS',
    'FINAL IN 24 H',
    'OPEN',
    'FAILED',
    'NEWEST FINAL',
    'STATE',
    'COST IN 24 H',
    'PER LEAF',
  ];
  const rows = networks.map(
    ({ network, final, open, failed, newestFinalAgeSeconds, troubled, unit, cost, costPerLeaf }) => [
      ...[printableLine(network), String(final), String(open), String(failed)],
      ...[duration(newestFinalAgeSeconds), troubled === null ? NONE : troubled ? 'TROUBLE' : 'ok'],
      ...[amount(cost, unit), amount(costPerLeaf, unit)],
    ],
  );
  return [...table([header, ...rows]).split('\n'), ''];
}

const WEI_PER_ETH = 1e18;

/** Three digits that count, without an exponent; wei as ETH. */
function amount(value: string | null, unit: string | null): string {
  if (value === null || unit === null) return NONE;
  const isWei = unit === 'wei';
  const number = isWei ? Number(value) / WEI_PER_ETH : Number(value);
  const digits = number.toLocaleString('en-US', { maximumSignificantDigits: 3, useGrouping: false });
  return `${digits} ${isWei ? 'ETH' : printableLine(unit)}`;
}

function queueLines({ queues, deadLetters, queuesDetail }: Figures): string[] {
  if (queues === null || deadLetters === null)
    return [`Queues are not known: ${printableLine(queuesDetail ?? 'NATS does not answer')}`];
  // Replays are rare: they are shown when there are any.
  const shown = queues.filter(
    ({ stream, pending, ackPending }) => stream !== 'REPLAY' || pending + ackPending > 0,
  );
  const rows = shown.map(({ durable, pending, ackPending, redelivered }) => [
    durable,
    String(pending),
    String(ackPending),
    String(redelivered),
  ]);
  const letters = `${deadLetters.count}${deadLetters.atLeast ? '+' : ''}`;
  return [
    ...table([['CONSUMER', 'PENDING', 'UNACKED', 'REDELIVERED'], ...rows]).split('\n'),
    '',
    `Dead letters: ${letters}${deadLetters.count > 0 ? '  (touchstone dlq list)' : ''}`,
  ];
}

function cut(line: string, columns: number): string {
  return line.length <= columns ? line : `${line.slice(0, Math.max(0, columns - 1))}…`;
}

function decimal(value: number | null): string {
  if (value === null) return NONE;
  return value >= 100 ? String(Math.round(value)) : value.toFixed(1);
}

/** Three digits at most, in the unit that fits. */
function duration(seconds: number | null): string {
  if (seconds === null) return NONE;
  if (seconds < 0.01) return `${(seconds * 1_000).toFixed(1)} ms`;
  if (seconds < 1) return `${Math.round(seconds * 1_000)} ms`;
  return seconds < 100 ? `${seconds.toFixed(2)} s` : `${Math.round(seconds)} s`;
}
