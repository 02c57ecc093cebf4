import { describe, expect, it } from '@jest/globals';
import type { QueueFigures } from '@touchstone/nats';
import { figuresOf } from './figures.js';
import { bucketsOf, bucketsSince, quantileOf, type Buckets } from './histogram.js';
import { parseMetrics, sumOf } from './metrics-text.js';
import { renderFigures } from './render.js';
import type { ServiceSnapshot, Snapshot } from './snapshot.js';

const SEALED = 'touchstone_anchor_leaf_sealed_seconds';

function histogram(name: string, counts: readonly number[], bounds = ['0.1', '0.5', '1', '+Inf']): string {
  const lines = bounds.map((bound, place) => `${name}_bucket{le="${bound}",service="s"} ${counts[place]}`);
  return [...lines, `${name}_count{service="s"} ${counts.at(-1)}`].join('\n');
}

function service(text: string, change: Partial<ServiceSnapshot> = {}): ServiceSnapshot {
  const samples = parseMetrics(text);
  return { name: 'anchor-worker', up: true, ready: true, detail: undefined, samples, ...change };
}

const queue: QueueFigures = {
  durable: 'anchor-worker-inference',
  service: 'anchor-worker',
  stream: 'INFERENCE',
  pending: 3,
  ackPending: 2,
  redelivered: 1,
};

function snapshot(atMs: number, services: readonly ServiceSnapshot[]): Snapshot {
  const deadLetters = { count: 100, atLeast: true };
  return { atMs, services, queues: { known: true, queues: [queue], deadLetters } };
}

describe('metrics text', () => {
  it('reads names, labels with escapes, values and infinities, and leaves the rest out', () => {
    const samples = parseMetrics(
      '# HELP a b\na 1\na{x="1"} 2.5e-3\nb{x="a\\"b,}",le="+Inf"} +Inf\nno sample\n\n',
    );
    expect(samples.get('a')).toEqual([
      { labels: {}, value: 1 },
      { labels: { x: '1' }, value: 0.0025 },
    ]);
    expect(samples.get('b')).toEqual([{ labels: { x: 'a\\"b,}', le: '+Inf' }, value: Infinity }]);
    expect(sumOf(samples, 'a')).toBe(1.0025);
    expect(sumOf(samples, 'absent')).toBeUndefined();
  });
});

describe('quantiles', () => {
  const of = (counts: readonly number[]): Buckets =>
    bucketsOf(parseMetrics(histogram('h', counts)), 'h') as Buckets;

  it.each([
    [0.5, [0, 10, 10, 10], 0.3],
    [0.5, [10, 10, 10, 10], 0.05],
    [0.99, [0, 50, 100, 100], 0.99],
    [0.95, [0, 0, 0, 4], 1],
    [0.5, [4, 4, 8, 8], 0.1],
  ] as const)('p%d of %j is %d, as histogram_quantile says', (q, counts, expected) => {
    expect(quantileOf(of(counts), q)).toBeCloseTo(expected, 10);
  });

  it('are undefined without observations', () => {
    expect(quantileOf(of([0, 0, 0, 0]), 0.5)).toBeUndefined();
    expect(bucketsOf(parseMetrics(''), 'h')).toBeUndefined();
  });

  it('are of what came since, and of everything after a restart', () => {
    expect(bucketsSince(of([5, 5, 9, 9]), of([5, 5, 5, 5])).counts).toEqual([0, 0, 4, 4]);
    expect(bucketsSince(of([1, 1, 1, 1]), of([5, 5, 5, 5])).counts).toEqual([1, 1, 1, 1]);
  });
});

describe('figures', () => {
  const metrics = (counts: readonly number[], requests: number): string =>
    `${histogram(SEALED, counts)}
touchstone_http_server_duration_seconds_count{route="/a"} ${requests}
touchstone_http_server_duration_seconds_count{route="/b"} ${requests}
process_start_time_seconds 1000
process_resident_memory_bytes 134217728`;

  it('of one look are since the start of the process', () => {
    const figures = figuresOf(snapshot(1_100_000, [service(metrics([0, 10, 10, 10], 50))]), undefined);
    expect(figures.windowSeconds).toBeNull();
    expect(figures.services[0]).toMatchObject({ httpPerSecond: 1, rpcPerSecond: null });
    expect(figures.stages.find(({ stage }) => stage === 'sealed, logged')).toMatchObject({
      count: 10,
      perSecond: 0.1,
      p50Seconds: expect.closeTo(0.3, 10),
    });
  });

  it('of two looks are of the time between, also when a process was started again', () => {
    const earlier = snapshot(1_100_000, [service(metrics([0, 10, 10, 10], 50))]);
    const later = figuresOf(snapshot(1_110_000, [service(metrics([0, 10, 30, 30], 60))]), earlier);
    expect(later.windowSeconds).toBe(10);
    expect(later.services[0]?.httpPerSecond).toBe(2);
    expect(later.stages.find(({ stage }) => stage === 'sealed, logged')).toMatchObject({
      count: 20,
      perSecond: 2,
      p50Seconds: 0.75,
    });
    const restarted = figuresOf(snapshot(1_110_000, [service(metrics([0, 1, 1, 1], 5))]), earlier);
    expect(restarted.services[0]?.httpPerSecond).toBe(1);
  });

  it('of a service that is down are null', () => {
    const down = service('', { up: false, ready: false, samples: undefined, detail: 'does not answer' });
    const [figures] = figuresOf(snapshot(1, [down]), undefined).services;
    expect(figures).toMatchObject({ up: false, memoryBytes: null, httpPerSecond: null, outboxPending: null });
  });
});

describe('anchors by network', () => {
  const text = `touchstone_anchor_anchors{state="final",network="eip155:137"} 7
touchstone_anchor_anchors{state="prepared",network="eip155:137"} 1
touchstone_anchor_anchors{state="included",network="eip155:137"} 2
touchstone_anchor_anchors{state="failed",network="eip155:137"} 3
touchstone_anchor_newest_final_age_seconds{network="eip155:137"} 61.5
touchstone_anchor_target_troubled{network="eip155:137"} 1
touchstone_anchor_target_troubled{network="tsa:example"} 0
touchstone_anchor_cost_per_day{network="eip155:137",unit="wei"} 1.5e+21
touchstone_anchor_cost_per_leaf{network="eip155:137",unit="wei"} 1234567.25
touchstone_anchor_anchors{state="final",network="tsa:example"} 12
touchstone_anchor_cost_per_day{network="tsa:example",unit="tokens"} 12
touchstone_anchor_cost_per_leaf{network="tsa:example",unit="tokens"} 0.0125
touchstone_anchor_anchors{state="final",network="eip155:10"} 1`;
  const figures = figuresOf(snapshot(1, [service(text)]), undefined);

  it('are counted, with costs as texts without an exponent', () => {
    expect(figures.networks).toEqual([
      {
        ...{
          network: 'eip155:10',
          final: 1,
          open: 0,
          failed: 0,
          newestFinalAgeSeconds: null,
          troubled: null,
        },
        ...{ unit: null, cost: null, costPerLeaf: null },
      },
      {
        ...{ network: 'eip155:137', final: 7, open: 3, failed: 3, newestFinalAgeSeconds: 61.5 },
        ...{ troubled: true, unit: 'wei', cost: '1500000000000000000000', costPerLeaf: '1234567.25' },
      },
      {
        ...{ network: 'tsa:example', final: 12, open: 0, failed: 0, newestFinalAgeSeconds: null },
        ...{ troubled: false, unit: 'tokens', cost: '12', costPerLeaf: '0.0125' },
      },
    ]);
    expect(figuresOf(snapshot(1, []), undefined).networks).toEqual([]);
  });

  it('are shown in units that people read', () => {
    const shown = renderFigures(figures, { columns: 140, rows: 60 }).join('\n');
    expect(shown).toMatch(/^eip155:137 +7 +3 +3 +61\.50 s +TROUBLE +1500 ETH +0\.00000000000123 ETH$/m);
    expect(shown).toMatch(/^tsa:example +12 +0 +0 +– +ok +12 tokens +0\.0125 tokens$/m);
    expect(shown).toMatch(/^eip155:10 +1 +0 +0 +– +– +– +–$/m);
  });
});

describe('the screen', () => {
  const figures = figuresOf(
    snapshot(1_100_000, [
      service('process_resident_memory_bytes 134217728'),
      service('', { name: 'signer', up: false, samples: undefined, detail: 'does not\u001b[2J answer' }),
    ]),
    undefined,
  );

  it('shows services, queues and dead letters', () => {
    const text = renderFigures(figures, { columns: 120, rows: 60 }).join('\n');
    expect(text).toMatch(/^anchor-worker +ready +128 MiB/m);
    expect(text).toMatch(/^signer +DOWN +–/m);
    expect(text).toMatch(/^anchor-worker-inference +3 +2 +1$/m);
    expect(text).toContain('Dead letters: 100+');
    expect(text).not.toContain('\u001b');
  });

  it.each([1, 10, 40, 80])('keeps to %d columns and few rows', (columns) => {
    const lines = renderFigures(figures, { columns, rows: 5 });
    expect(lines).toHaveLength(5);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(columns);
  });

  it('says why queues are not known', () => {
    const unknown = figuresOf(
      { atMs: 1, services: [], queues: { known: false, detail: 'timeout' } },
      undefined,
    );
    expect(renderFigures(unknown, { columns: 80, rows: 20 }).join('\n')).toContain('not known: timeout');
  });
});
