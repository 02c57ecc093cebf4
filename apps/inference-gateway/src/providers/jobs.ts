import { AppError } from '@touchstone/contracts';
import { LOGGER } from '@touchstone/platform/observability';
import { SHUTDOWN } from '@touchstone/platform/runtime';
import { CLOCK, provide } from '@touchstone/platform/wiring';
import { uuidV7 } from '@touchstone/postgres';
import { randomUUID } from 'node:crypto';
import { DataSource } from 'typeorm';
import { HttpsWebhookSender } from '../adapters/webhook/https-webhook-sender.js';
import type { Config } from '../config.js';
import { InferModel } from '../domain/inference/infer-model.js';
import { AcceptJob } from '../domain/job/accept-job.js';
import { DeliverCallbacks } from '../domain/job/deliver-callbacks.js';
import type { JobCalls } from '../domain/job/job-calls.js';
import { RunJobs } from '../domain/job/run-jobs.js';
import { JobWatches } from '../domain/job/watch-job.js';
import { webhookSecretOf } from '../domain/job/webhook.js';
import { JobMetrics } from '../job-metrics.js';
import { PostgresJobStore } from '../persistence/postgres-job-store.js';
import { JOB_CALLS } from '../tokens.js';
import { isSubmitTarget, SubmittedMessages } from '../transport/grpc/submitted-messages.js';
import { InferBodies } from '../transport/infer-bodies.js';
import { InferenceCalls } from '../transport/inference-calls.js';
import { Links } from '../transport/links.js';
import { jobText } from '../transport/present-job.js';
import { isSeedTarget, SeedCalls } from '../transport/http/seed/seed-calls.js';

/** Requests that are answered later. */
export function jobs(config: Config) {
  const { TOUCHSTONE_WEBHOOK_SECRET: secret, TOUCHSTONE_WEBHOOK_ALLOW_INSECURE: allowInsecure } = config;
  return [
    provide(
      JOB_CALLS,
      {
        ...{ dataSource: DataSource, inferModel: InferModel, calls: InferenceCalls, links: Links },
        ...{ clock: CLOCK, metrics: JobMetrics, logger: LOGGER, bodies: InferBodies, seed: SeedCalls },
      },
      ({ dataSource, inferModel, calls, links, clock, metrics, logger, bodies, seed }): JobCalls => {
        const store = new PostgresJobStore(dataSource);
        const sender = new HttpsWebhookSender({ allowInsecure });
        const submitted = new SubmittedMessages();
        const nowMs = (): number => clock.nowMs();
        // Set once the loops run.
        const poke = { jobs: (): void => undefined, callbacks: (): void => undefined };
        return {
          ...{ store, poke },
          accept: new AcceptJob({
            ...{ store, infer: inferModel, nowMs, newId: uuidV7 },
            checkCallback: (url) => checkedCallback(sender, secret, url),
            waitingMax: config.TOUCHSTONE_JOB_QUEUE_MAX,
            onAdded: () => poke.jobs(),
          }),
          run: new RunJobs({
            ...{ store, nowMs, claim: randomUUID() },
            read: async (job) => {
              if (isSubmitTarget(job.target)) return submitted.readAgain(job);
              return isSeedTarget(job.target) ? seed.readAgain(job) : bodies.readAgain(job.body, job.modelId);
            },
            infer: {
              resume: (call) => inferModel.resume(call),
              // Counted like the call itself.
              infer: (call) => calls.infer(call),
            },
            atOnceMax: config.TOUCHSTONE_JOB_CONCURRENCY,
            onResult: (result) => {
              metrics.ran(result);
              if (result !== 'again') poke.callbacks();
            },
            onError: (error) => logger.warn({ err: error }, 'what became of a job could not be stored'),
            onFree: () => poke.jobs(),
          }),
          deliver:
            secret === undefined
              ? undefined
              : new DeliverCallbacks({
                  ...{ store, sender, secret, nowMs },
                  show: (job) => jobText(job, null, links),
                  onResult: (outcome) => metrics.posted(outcome),
                }),
          secretOf: (jobId) => secret && webhookSecretOf(secret, jobId),
        };
      },
    ),
    provide(JobWatches, { calls: JOB_CALLS, shutdown: SHUTDOWN }, ({ calls: { store }, shutdown }) => {
      const watches = new JobWatches({ store, nowMs: () => performance.now() });
      shutdown.add('in-flight', 'watches of jobs', () => watches.close());
      return watches;
    }),
  ];
}

function checkedCallback(sender: HttpsWebhookSender, secret: string | undefined, url: string): string {
  if (secret !== undefined) return sender.check(url);
  const detail = 'no webhooks are sent here';
  throw new AppError(
    'validation-failed',
    'No webhooks are sent here; leave the callback out and ask for the job.',
    {
      details: [{ pointer: '/callback', detail }],
    },
  );
}
