import { AppError, type ErrorCode } from '@touchstone/contracts';
import { setTimeout as delay } from 'node:timers/promises';
import type { HealthRegistry } from '../health/health-registry.js';
import { failureFields } from '../logging/failure-fields.js';
import type { Logger } from '../logging/logger.js';
import type { Shutdown } from './shutdown.js';

/** Milliseconds between two attempts at what a service cannot start without. */
export const DEPENDENCY_RETRY_MS = 1_000;

/** Failures that somebody may mend while the service waits. */
const MENDABLE: readonly ErrorCode[] = ['dependency-unavailable', 'timeout', 'unauthenticated'];

/** The parts of a service that waiting needs. */
export interface StartParts {
  readonly health: HealthRegistry;
  readonly logger: Pick<Logger, 'error' | 'info'>;
  readonly shutdown: Shutdown;
}

/**
 * Tries until it succeeds, for what a service cannot start without. Meanwhile the process stays up and is not ready, for the reason that
 * `/readyz?verbose` gives under `name`; each reason is one line of the log, however often it comes.
 *
 * @throws what `attempt` throws when waiting cannot help, and the last failure when the service ends meanwhile
 */
export async function awaitDependency<T>(
  name: string,
  attempt: () => Promise<T>,
  parts: StartParts,
): Promise<T> {
  const wait = new Wait(name, parts);
  try {
    for (;;)
      try {
        return await attempt();
      } catch (error) {
        await wait.after(error);
      }
  } finally {
    wait.end();
  }
}

/** The pauses between attempts, and what is seen of them. */
class Wait {
  private last: AppError | undefined;
  private readonly said = new Set<string>();
  private readonly ended = new AbortController();
  private removeCheck = (): void => undefined;

  constructor(
    private readonly name: string,
    private readonly parts: StartParts,
  ) {
    parts.shutdown.add('consumers', `waiting for ${name}`, () => this.ended.abort());
  }

  /** @throws the failure when another attempt makes no sense */
  async after(error: unknown): Promise<void> {
    if (!(error instanceof AppError) || !MENDABLE.includes(error.code)) throw error;
    if (this.last === undefined)
      this.removeCheck = this.parts.health.addReadiness(this.name, () => {
        throw this.last;
      });
    this.last = error;
    this.say(error);
    const { signal } = this.ended;
    await delay(DEPENDENCY_RETRY_MS, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) throw error;
  }

  end(): void {
    this.removeCheck();
    if (this.last !== undefined && !this.ended.signal.aborted)
      this.parts.logger.info({ dependency: this.name }, 'waits no longer');
  }

  private say(error: AppError): void {
    if (this.said.has(error.message)) return;
    this.said.add(error.message);
    this.parts.logger.error(
      { dependency: this.name, ...failureFields(error) },
      'waiting for what the service needs',
    );
  }
}
