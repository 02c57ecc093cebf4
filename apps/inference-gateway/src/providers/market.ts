import { LOGGER } from '@touchstone/platform/observability';
import { CLOCK, provide } from '@touchstone/platform/wiring';
import { uuidV7 } from '@touchstone/postgres';
import { randomBytes, randomUUID } from 'node:crypto';
import { DataSource } from 'typeorm';
import { inspectModel } from '../adapters/sandbox/inspect-model.js';
import { ModelRuntimes } from '../adapters/sandbox/model-runtimes.js';
import type { Config } from '../config.js';
import { ChangeStatus } from '../domain/market/change-status.js';
import { DeveloperKeys } from '../domain/market/developer-key.js';
import { FailedRuns } from '../domain/market/failed-runs.js';
import type { MarketCalls } from '../domain/market/market-calls.js';
import { ReviewSubmissions } from '../domain/market/review-submissions.js';
import { TakeSubmission } from '../domain/market/take-submission.js';
import { ValidateSubmissions } from '../domain/market/validate-submissions.js';
import { CommitmentKeeper } from '../domain/model/commitment-keeper.js';
import { ModelCatalogue } from '../domain/model/model-catalogue.js';
import { PostgresDeveloperKeyStore } from '../persistence/postgres-developer-key-store.js';
import { PostgresModelStatusStore } from '../persistence/postgres-model-status-store.js';
import { PostgresSubmissionStore } from '../persistence/postgres-submission-store.js';
import { PostgresUsageStore } from '../persistence/postgres-usage-store.js';
import { ADDED_MODELS, MARKET, MODEL_FILES, USAGE } from '../tokens.js';

const KEY_BYTES = 32;

/** What is counted about answers. */
function usage() {
  return [
    provide(
      PostgresUsageStore,
      { dataSource: DataSource },
      ({ dataSource }) => new PostgresUsageStore(dataSource),
    ),
    provide(USAGE, { usage: PostgresUsageStore }, ({ usage }) => usage),
    provide(
      FailedRuns,
      { usage: PostgresUsageStore, clock: CLOCK },
      ({ usage, clock }) =>
        new FailedRuns(
          (failed, nowMs) => usage.addErrors(failed, nowMs),
          () => clock.nowMs(),
        ),
    ),
  ];
}

/** The market of models. */
export function market(config: Config) {
  return [
    ...usage(),
    provide(
      MARKET,
      {
        ...{ dataSource: DataSource, runtimes: ModelRuntimes, catalogue: ModelCatalogue, usage: USAGE },
        ...{ added: ADDED_MODELS, commitments: CommitmentKeeper, clock: CLOCK, logger: LOGGER },
        files: MODEL_FILES,
      },
      ({
        dataSource,
        runtimes: { sandbox },
        catalogue,
        usage,
        added,
        commitments,
        clock,
        logger,
        files,
      }): MarketCalls => {
        const store = new PostgresSubmissionStore(dataSource);
        const keyStore = new PostgresDeveloperKeyStore(dataSource);
        const nowMs = (): number => clock.nowMs();
        const poke = { validations: (): void => undefined };
        const chainId = Number(config.TOUCHSTONE_PAYMENT_NETWORK.split(':')[1]);
        return {
          ...{ submissions: store, keyStore, usage, poke },
          take: new TakeSubmission({
            ...{ store, chainId, nowMs, newId: uuidV7 },
            terms: config.TOUCHSTONE_SUBMISSION_TERMS,
            revenueShareBpsMax: config.TOUCHSTONE_REVENUE_SHARE_MAX_BPS,
            perDay: config.TOUCHSTONE_SUBMISSIONS_PER_DAY,
            modelBytesMax: config.TOUCHSTONE_MODEL_MAX_BYTES,
            onAdded: () => poke.validations(),
          }),
          validate: new ValidateSubmissions({
            ...{ store, files, nowMs, claim: randomUUID() },
            inspect: (file, more) => inspectModel(sandbox, file, more),
          }),
          review: new ReviewSubmissions({
            ...{ store, added, catalogue, commitments, nowMs },
            commitmentLate: (modelId, error) =>
              logger.warn({ modelId, err: error }, 'the commitment of an approved model is not in place yet'),
          }),
          status: new ChangeStatus({
            ...{ store: new PostgresModelStatusStore(dataSource), catalogue, nowMs },
            forget: (modelVersionId) => sandbox.forget(modelVersionId),
          }),
          keys: new DeveloperKeys({
            ...{ store: keyStore, chainId, nowMs, newId: uuidV7 },
            randomText: () => randomBytes(KEY_BYTES).toString('base64url'),
          }),
        };
      },
    ),
  ];
}
