import type { InferRequest } from '@touchstone/contracts/http/inference-gateway';
import { uuidV7 } from '@touchstone/postgres';
import { FakeClock } from '@touchstone/testing';
import { DatabaseFixture, migratedDatabase } from '@touchstone/testing/service';
import type { InferCall } from '../../src/domain/inference/infer-model.js';
import { AcceptJob, type AcceptJobParts } from '../../src/domain/job/accept-job.js';
import { RunJobs, type JobResult, type RunJobsParts } from '../../src/domain/job/run-jobs.js';
import type { Reply } from '../../src/domain/payment/reply.js';
import { PostgresJobStore } from '../../src/persistence/postgres-job-store.js';
import { service } from '../../src/service.js';

const request: InferRequest = { text: 'x', async: true };

/** The answer of a job. */
export const answered = (text = '{"answer":1}'): Reply => ({
  kind: 'answered',
  body: new TextEncoder().encode(text),
  settlement: { success: true },
  replayed: false,
});

/** Jobs in a database, with a clock that stands still and a gateway that answers as it is told. */
export class JobScene {
  readonly clock = new FakeClock();

  private constructor(
    readonly fixture: DatabaseFixture,
    readonly store: PostgresJobStore,
  ) {}

  static async create(): Promise<JobScene> {
    const fixture = new DatabaseFixture(service, await migratedDatabase(service));
    return new JobScene(fixture, new PostgresJobStore(await fixture.dataSource()));
  }

  /** Takes a request. @param validBefore of its payment, in Unix seconds; a free one has none */
  async accept(
    validBefore?: number,
    change: Partial<AcceptJobParts> & { paymentHeader?: string; callback?: string } = {},
  ): Promise<string> {
    const { paymentHeader, callback, ...parts } = change;
    const call: InferCall = {
      ...{ modelId: 'digits', target: '/v1/models/digits/infer', method: 'POST', paymentHeader },
      body: new TextEncoder().encode(JSON.stringify(request)),
      request: callback === undefined ? request : { ...request, callback: { url: callback } },
    };
    const accept = new AcceptJob({
      store: this.store,
      infer: {
        accept: (_call, keep) => keep(validBefore === undefined ? undefined : String(validBefore)),
        resume: async () => undefined,
      },
      checkCallback: (url) => url,
      waitingMax: 1_000,
      nowMs: () => this.clock.nowMs(),
      newId: uuidV7,
      onAdded: () => undefined,
      ...parts,
    });
    return (await accept.accept(call)).id;
  }

  /** Lets a gateway work on what is due. @returns what became of each job */
  async work(
    infer: Partial<RunJobsParts['infer']>,
    change: Partial<RunJobsParts> = {},
  ): Promise<JobResult[]> {
    const results: JobResult[] = [];
    const run = this.gateway(infer, { onResult: (result) => results.push(result), ...change });
    await run.take();
    await run.stop();
    return results;
  }

  gateway(infer: Partial<RunJobsParts['infer']>, change: Partial<RunJobsParts> = {}): RunJobs {
    return new RunJobs({
      store: this.store,
      infer: { resume: async () => undefined, infer: async () => answered(), ...infer },
      read: async ({ body }) => ({ body, request }),
      atOnceMax: 10,
      nowMs: () => this.clock.nowMs(),
      claim: crypto.randomUUID(),
      onResult: () => undefined,
      onError: (error) => {
        throw error;
      },
      onFree: () => undefined,
      ...change,
    });
  }

  clear(): Promise<unknown> {
    return this.fixture.rows('TRUNCATE gateway.jobs');
  }
}
