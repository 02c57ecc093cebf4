import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { SERVICE_CONTEXT, type ServiceContext } from '@touchstone/platform/wiring';
import { Loop, type LoopOptions } from '@touchstone/work';
import type { Config } from './config.js';
import { FAILED_RUNS_INTERVAL_MS, FailedRuns } from './domain/market/failed-runs.js';
import type { MarketCalls } from './domain/market/market-calls.js';
import { VALIDATION_RENEWAL_INTERVAL_MS } from './domain/market/validate-submissions.js';
import { PostgresUsageStore, USAGE_CHANGES_ADDED_MAX } from './persistence/postgres-usage-store.js';
import { MARKET } from './tokens.js';

/** Milliseconds between two looks for submissions that another gateway took, or that are tried again. */
export const VALIDATION_LOOK_INTERVAL_MS = 2_000;

/** Milliseconds between two times at which changes are added to the totals of models; readers see both. */
export const USAGE_ADD_INTERVAL_MS = 10_000;

/** What runs beside the requests for the market. */
@Injectable()
export class MarketRunner implements OnApplicationBootstrap {
  constructor(
    @Inject(SERVICE_CONTEXT) private readonly context: ServiceContext<Config>,
    @Inject(MARKET) private readonly market: MarketCalls,
    @Inject(PostgresUsageStore) private readonly usage: PostgresUsageStore,
    @Inject(FailedRuns) private readonly failedRuns: FailedRuns,
  ) {}

  onApplicationBootstrap(): void {
    const { validate, poke } = this.market;
    const { shutdown } = this.context;
    const validating = this.repeat('validations', () => validate.run(), VALIDATION_LOOK_INTERVAL_MS);
    poke.validations = () => validating.poke();
    const renewing = this.repeat(
      'leases of validations',
      () => validate.renew(),
      VALIDATION_RENEWAL_INTERVAL_MS,
    );
    const adding = this.repeat(
      'totals of models',
      async () => ((await this.usage.addUp()) === USAGE_CHANGES_ADDED_MAX ? 0 : undefined),
      USAGE_ADD_INTERVAL_MS,
    );
    const failed = this.repeat('failed runs', () => this.failedRuns.flush(), FAILED_RUNS_INTERVAL_MS);
    // A validation under way is not waited for: it is done again.
    shutdown.add('consumers', 'market', () => {
      validate.stop();
      for (const loop of [validating, renewing, adding, failed]) void loop.stop();
    });
    shutdown.add('outbox', 'failed runs', () => this.failedRuns.flush());
  }

  private repeat(part: string, run: LoopOptions['run'], pollMs: number): Loop {
    const { logger } = this.context;
    const onFailure = (error: unknown): void => logger.warn({ part, err: error }, 'a run of it failed');
    const loop = new Loop({ run, pollMs, onFailure });
    loop.start();
    return loop;
  }
}
