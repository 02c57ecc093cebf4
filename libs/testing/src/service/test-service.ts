import type { RunningService } from '@touchstone/platform/runtime';
import { waitUntil } from '../wait-until.js';

/** How long a figure or an answer may take to come. */
const WAIT_MS = 10_000;

/** A service that runs in this process, as its callers and operators see it. */
export class TestService implements RunningService {
  readonly context: RunningService['context'];
  readonly ports: RunningService['ports'];
  readonly url: string;
  /** Where `/livez`, `/readyz` and `/metrics` are. */
  readonly healthUrl: string;

  constructor(private readonly running: RunningService) {
    this.context = running.context;
    this.ports = running.ports;
    this.url = `http://127.0.0.1:${running.ports.http}`;
    this.healthUrl = `http://127.0.0.1:${running.ports.health}`;
  }

  stop(reason?: string): Promise<boolean> {
    return this.running.stop(reason);
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return fetch(`${this.url}${path}`, { headers });
  }

  /** Posts JSON; a string is sent as it is. */
  post(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return fetch(`${this.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  }

  async json<T = Record<string, unknown>>(path: string): Promise<T> {
    return (await (await this.get(path)).json()) as T;
  }

  /** Waits until every check of the readiness passes. */
  async ready(timeoutMs = WAIT_MS): Promise<void> {
    const { health } = this.context;
    await waitUntil(
      async () => (await health.readiness()).ready,
      timeoutMs,
      `${this.context.name} to be ready`,
    );
  }

  async metrics(): Promise<string> {
    return (await fetch(`${this.healthUrl}/metrics`)).text();
  }

  /** The sum of a metric over the samples whose labels contain `labels`; rejects when there is none. */
  async metric(name: string, labels = ''): Promise<number> {
    const lines = (await this.metrics()).split('\n');
    const samples = lines.filter((line) => line.startsWith(`${name}{`) && line.includes(labels));
    if (samples.length === 0) throw new Error(`There is no metric ${name} with ${labels || 'any labels'}.`);
    return samples.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  }

  async waitForMetric(name: string, atLeast: number, labels = ''): Promise<void> {
    await waitUntil(
      async () => (await this.metric(name, labels)) >= atLeast,
      WAIT_MS,
      `${name} ≥ ${atLeast}`,
    );
  }
}
