import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Consumers } from '@touchstone/nats';
import { SERVICE_CONTEXT, type ServiceContext } from '@touchstone/platform/wiring';
import { Loop, type LoopOptions } from '@touchstone/work';
import type { Config } from './config.js';
import { CommitmentKeeper } from './domain/model/commitment-keeper.js';
import { ModelCatalogue } from './domain/model/model-catalogue.js';
import { commitModels, refreshModels, type ModelStore } from './domain/model/register-models.js';
import type { ProgramProver } from './adapters/prover/program-prover.js';
import type { SettleExecuted } from './domain/payment/settle-executed.js';
import type { ExecutionProofStore } from './domain/proving/execution-proof.js';
import type { FinishSetUps } from './domain/set-up/finish-set-ups.js';
import { GatewayMetrics } from './metrics.js';
import type { PostgresVerificationStore } from './persistence/postgres-verification-store.js';
import { SETTLE_EXECUTED } from './providers/inference.js';
import { PROGRAM_PROVER } from './providers/proving.js';
import { takePaymentEvent } from './transport/nats/payment-events.js';
import type { SetUpCalls } from './domain/set-up/set-up-calls.js';
import { EXECUTION_PROOFS, MODEL_STORE, SET_UP_CALLS, VERIFICATIONS } from './tokens.js';

/** The consumer of payment events. */
export const PAYMENT_DURABLE = 'inference-gateway-payment';

/** Milliseconds between two looks at commitments and statuses. */
export const REFRESH_INTERVAL_MS = 10_000;

/** Milliseconds between two looks for answers whose settlement nobody asked for. */
export const SETTLE_ASK_INTERVAL_MS = 2_000;

/** Milliseconds between two examinations of the prover, and after one that it failed. */
export const EXAMINE_INTERVAL_MS = 3_600_000;
const EXAMINE_RETRY_MS = 60_000;

/** Milliseconds between two looks at the announced blocks of set-ups. */
export const SET_UP_LOOK_INTERVAL_MS = 5_000;

/** Longest pause after one that could not be finished. */
const SET_UP_RETRY_LAST_MS = 60_000;

/** Milliseconds between two attempts after one that failed. */
const REFRESH_RETRY_MS = 1_000;

/** What runs beside the requests: payment events, and the look at the signer's keys. */
@Injectable()
export class Background implements OnApplicationBootstrap {
  private committed = false;

  constructor(
    @Inject(SERVICE_CONTEXT) private readonly context: ServiceContext<Config>,
    @Inject(Consumers) private readonly consumers: Consumers,
    @Inject(VERIFICATIONS) private readonly verifications: PostgresVerificationStore,
    @Inject(ModelCatalogue) private readonly catalogue: ModelCatalogue,
    @Inject(MODEL_STORE) private readonly registry: ModelStore,
    @Inject(CommitmentKeeper) private readonly commitments: CommitmentKeeper,
    @Inject(SETTLE_EXECUTED) private readonly settleExecuted: readonly SettleExecuted[],
    @Inject(EXECUTION_PROOFS) private readonly proofs: ExecutionProofStore,
    @Inject(GatewayMetrics) private readonly metrics: GatewayMetrics,
    @Inject(PROGRAM_PROVER) private readonly prover: ProgramProver | undefined,
    @Inject(SET_UP_CALLS) private readonly setUps: SetUpCalls | undefined,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.context.health.addReadiness('commitments', () => {
      if (!this.committed) throw new Error('the signer has not named its keys yet');
    });
    await this.startConsumer();
    this.startRefreshing();
    if (this.context.config.TOUCHSTONE_PAYMENT_MODE === 'x402') this.startSettling();
    if (this.prover) this.startExamining(this.prover);
    if (this.setUps) this.startFinishing(this.setUps.finish);
  }

  private async startConsumer(): Promise<void> {
    await this.consumers.each({
      durable: PAYMENT_DURABLE,
      handler: (message) => takePaymentEvent([this.verifications, this.proofs], message),
    });
    // Requests of callers who hung up may still be writing; the others have their answer by then.
    this.context.shutdown.add('outbox', 'records', () => this.verifications.close());
  }

  /** Looks at the signer's keys and the operators' statuses; a signer that is away does not hold up the start. */
  private startRefreshing(): void {
    this.repeat('refresh', 'commitments and statuses could not be looked at', {
      run: async () => {
        await refreshModels(this.registry, this.catalogue);
        await commitModels(this.commitments, this.catalogue);
        this.committed = true;
      },
      pollMs: REFRESH_INTERVAL_MS,
      backoffFirstMs: REFRESH_RETRY_MS,
      backoffMaxMs: REFRESH_RETRY_MS,
    });
  }

  /** Asks for settlements in place of requests that were killed. */
  private startSettling(): void {
    this.repeat('settlements', 'answers that are not settled could not be looked for', {
      run: async () => void (await Promise.all(this.settleExecuted.map((settling) => settling.run()))),
      pollMs: SETTLE_ASK_INTERVAL_MS,
      backoffFirstMs: SETTLE_ASK_INTERVAL_MS,
      backoffMaxMs: SETTLE_ASK_INTERVAL_MS,
    });
  }

  /** A prover that works for nobody yet does not hold up the start: answers are given without it. */
  private startExamining(prover: ProgramProver): void {
    this.repeat('examinations', 'the prover did not pass its examination, and nothing is proved', {
      run: async () => {
        try {
          await prover.examine();
          this.metrics.examined('passed');
        } catch (error) {
          this.metrics.examined('failed');
          throw error;
        }
      },
      pollMs: EXAMINE_INTERVAL_MS,
      backoffFirstMs: EXAMINE_RETRY_MS,
      backoffMaxMs: EXAMINE_RETRY_MS,
    });
  }

  /** Looks whether the announced blocks of open set-ups are final. */
  private startFinishing(finish: FinishSetUps): void {
    this.repeat('set-ups', 'a set-up of keys could not be finished', {
      run: () => finish.run(),
      pollMs: SET_UP_LOOK_INTERVAL_MS,
      backoffFirstMs: SET_UP_LOOK_INTERVAL_MS,
      // What fails each time costs a prover each time.
      backoffMaxMs: SET_UP_RETRY_LAST_MS,
    });
  }

  /** A run under way is not waited for in a shutdown: whoever asks again gets the same answer. */
  private repeat(part: string, failure: string, options: Omit<LoopOptions, 'onFailure'>): void {
    const { logger, shutdown } = this.context;
    const loop = new Loop({ ...options, onFailure: (error) => logger.warn({ err: error }, failure) });
    loop.start();
    shutdown.add('consumers', part, () => void loop.stop());
  }
}
