import type { ServiceName } from '@touchstone/contracts';
import { readiness } from '@touchstone/contracts/http/every-service';
import { readerOf } from '@touchstone/contracts/http/reader-of';
import type { StackDescription } from '@touchstone/embedded';
import type { QueueFigures } from '@touchstone/nats';
import { parseMetrics, type Samples } from './metrics-text.js';
import type { QueueReader } from './queue-reader.js';

/** Milliseconds that one service may take to answer. */
export const ANSWER_TIMEOUT_MS = 1_500;

/** What one service said. */
export interface ServiceSnapshot {
  readonly name: ServiceName;
  readonly up: boolean;
  readonly ready: boolean;
  /** Why it is not ready or not up. */
  readonly detail: string | undefined;
  readonly samples: Samples | undefined;
}

/** Dead letters that wait; `atLeast` when there are more than were counted. */
export interface DeadLetterCount {
  readonly count: number;
  readonly atLeast: boolean;
}

/** What waits in NATS, or why that is not known. */
export type QueueSnapshot =
  | { readonly known: true; readonly queues: readonly QueueFigures[]; readonly deadLetters: DeadLetterCount }
  | { readonly known: false; readonly detail: string };

/** Everything at one moment. */
export interface Snapshot {
  readonly atMs: number;
  readonly services: readonly ServiceSnapshot[];
  readonly queues: QueueSnapshot;
}

/** Asks all services and NATS at the same time; whoever does not answer is shown as such. */
export async function takeSnapshot(stack: StackDescription, queues: QueueReader): Promise<Snapshot> {
  const ports = Object.entries(stack.services) as [ServiceName, { health: number }][];
  const [services, waiting] = await Promise.all([
    Promise.all(ports.map(([name, { health }]) => askService(name, health))),
    queues.read(),
  ]);
  return { atMs: Date.now(), services, queues: waiting };
}

async function askService(name: ServiceName, port: number): Promise<ServiceSnapshot> {
  const base = `http://127.0.0.1:${port}`;
  const ask = (path: string): Promise<Response> =>
    fetch(`${base}${path}`, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
  try {
    const [metrics, health] = await Promise.all([ask('/metrics'), ask('/readyz?verbose')]);
    const samples = parseMetrics(await metrics.text());
    const ready = health.status === 200;
    return { name, up: true, ready, samples, detail: ready ? undefined : whyNot(await health.text()) };
  } catch {
    return { name, up: false, ready: false, samples: undefined, detail: 'does not answer' };
  }
}

function whyNot(text: string): string {
  try {
    const { draining, checks } = readerOf(readiness).parse(JSON.parse(text));
    if (draining) return 'is shutting down';
    return checks
      .filter(({ ok }) => !ok)
      .map((check) => `${check.name}: ${check.detail ?? 'failed'}`)
      .join('; ');
  } catch {
    return 'is not ready';
  }
}
