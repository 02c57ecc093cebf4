import { token } from '../service/provide.js';
import type { Readiness } from '@touchstone/contracts/http/every-service';

/** A condition for taking traffic: resolves when it holds and throws with the reason when it does not. */
export type ReadinessCheck = (signal: AbortSignal) => Promise<void> | void;

/** Injection token of the {@link HealthRegistry}. */
export const HEALTH = token<HealthRegistry>('HealthRegistry');

/** A check that takes longer counts as failed. */
export const READINESS_TIMEOUT_DEFAULT_MS = 1_000;

/** Collects readiness checks and remembers that the process is going away. */
export class HealthRegistry {
  private readonly checks = new Map<string, { check: ReadinessCheck; timeoutMs: number }>();
  private readonly listeners: (() => void)[] = [];
  private draining = false;

  /** Adds a check under a unique name. @returns what takes it away again */
  addReadiness(name: string, check: ReadinessCheck, options: { timeoutMs?: number } = {}): () => void {
    if (this.checks.has(name)) throw new Error(`A readiness check named ${name} exists already.`);
    this.checks.set(name, { check, timeoutMs: options.timeoutMs ?? READINESS_TIMEOUT_DEFAULT_MS });
    return () => void this.checks.delete(name);
  }

  /** Makes the service not ready for good, so that load balancers stop sending before it closes. */
  startDraining(): void {
    if (this.draining) return;
    this.draining = true;
    for (const listener of this.listeners) listener();
  }

  /** Calls `listener` when draining starts. */
  onDraining(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Runs all checks at the same time, each within its limit. */
  async readiness(): Promise<Readiness> {
    const checks = await Promise.all(
      [...this.checks].map(([name, { check, timeoutMs }]) => runCheck(name, check, timeoutMs)),
    );
    return { ready: !this.draining && checks.every(({ ok }) => ok), draining: this.draining, checks };
  }
}

async function runCheck(
  name: string,
  check: ReadinessCheck,
  timeoutMs: number,
): Promise<Readiness['checks'][number]> {
  const startedMs = performance.now();
  const abort = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      abort.abort();
      reject(new Error(`no answer within ${timeoutMs} ms`));
    }, timeoutMs);
  });
  try {
    await Promise.race([Promise.resolve().then(() => check(abort.signal)), limit]);
    return { name, ok: true, durationMs: elapsedMs(startedMs) };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { name, ok: false, detail, durationMs: elapsedMs(startedMs) };
  } finally {
    clearTimeout(timer);
  }
}

function elapsedMs(startedMs: number): number {
  return Math.round((performance.now() - startedMs) * 1_000) / 1_000;
}
