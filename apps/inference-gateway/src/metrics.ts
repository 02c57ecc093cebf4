import { Counter, Gauge, Histogram, type Registry } from '@touchstone/platform/observability';

/** What an answer waits for, in this order; a free one is neither reserved nor settled. */
export const answerStages = ['reserve', 'run', 'sign', 'record', 'settle'] as const;
export type AnswerStage = (typeof answerStages)[number];

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** What is shown of a prover. */
export interface ProverState {
  readonly queued: number;
  readonly isEnabled: boolean;
}

/** The figures of this service. `model` is an id of the catalogue or `unknown`, `result` a word or an error code. */
export class GatewayMetrics {
  private readonly requests: Counter;
  private readonly duration: Histogram;
  private readonly stages: Histogram;
  private readonly warnings: Counter;
  private readonly proofs: Counter;
  private readonly proofSeconds: Histogram;
  private readonly examinations: Counter;

  constructor(registry: Registry, queued: () => number, prover?: ProverState) {
    const registers = [registry];
    this.requests = new Counter({
      name: 'touchstone_gateway_inferences_total',
      help: 'Inference requests by model and result (answered, replayed, pending or an error code).',
      labelNames: ['model', 'result'],
      registers,
    });
    this.duration = new Histogram({
      name: 'touchstone_gateway_inference_seconds',
      help: 'Time from the parsed request to the answer, with payment and signature.',
      labelNames: ['model'],
      buckets: SECONDS,
      registers,
    });
    this.stages = new Histogram({
      name: 'touchstone_gateway_stage_seconds',
      help: 'Time that one stage of an answer takes, its waits included, whether it succeeds or fails.',
      labelNames: ['stage'],
      buckets: SECONDS,
      registers,
    });
    this.warnings = new Counter({
      name: 'touchstone_gateway_payment_warnings_total',
      help: 'Releases and renewals that failed, and settlements whose outcome was not known at once.',
      labelNames: ['kind'],
      registers,
    });
    this.proofs = new Counter({
      name: 'touchstone_gateway_proofs_total',
      help: 'Requests for proofs of executions by model and result (answered, replayed, pending or an error code).',
      labelNames: ['model', 'result'],
      registers,
    });
    this.proofSeconds = new Histogram({
      name: 'touchstone_gateway_proof_seconds',
      help: 'Time from a request for a proof to its end, with payment and verification.',
      labelNames: ['model'],
      buckets: SECONDS,
      registers,
    });
    this.examinations = new Counter({
      name: 'touchstone_gateway_prover_examinations_total',
      help: 'Examinations of the prover by result (passed, failed); one that is failed must be looked at.',
      labelNames: ['result'],
      registers,
    });
    if (prover) registerProver(registry, prover);
    registry.registerMetric(
      new Gauge({
        name: 'touchstone_gateway_inference_queue',
        help: 'Runs that wait for a worker thread.',
        registers: [],
        collect() {
          this.set(queued());
        },
      }),
    );
  }

  /** One inference request ended. */
  inferred(model: string, result: string, seconds: number): void {
    this.requests.inc({ model, result });
    this.duration.observe({ model }, seconds);
  }

  /** One request for a proof ended. */
  proved(model: string, result: string, seconds: number): void {
    this.proofs.inc({ model, result });
    this.proofSeconds.observe({ model }, seconds);
  }

  /** The prover was examined. */
  examined(result: 'passed' | 'failed'): void {
    this.examinations.inc({ result });
  }

  /** Does one stage of an answer and observes its time. */
  async stage<T>(stage: AnswerStage, work: () => Promise<T>): Promise<T> {
    const started = performance.now();
    try {
      return await work();
    } finally {
      this.stages.observe({ stage }, (performance.now() - started) / 1_000);
    }
  }

  /** Something about a payment has to be looked at. */
  paymentWarning(kind: 'release-failed' | 'renewal-failed' | 'settle-unknown'): void {
    this.warnings.inc({ kind });
  }
}

function registerProver(registry: Registry, prover: ProverState): void {
  registry.registerMetric(
    new Gauge({
      name: 'touchstone_gateway_proof_queue',
      help: 'Proofs that wait for their turn or are being made.',
      registers: [],
      collect() {
        this.set(prover.queued);
      },
    }),
  );
  registry.registerMetric(
    new Gauge({
      name: 'touchstone_gateway_prover_enabled',
      help: '1 while the prover passed its newest examination; 0 proves nothing and must be looked at.',
      registers: [],
      collect() {
        this.set(prover.isEnabled ? 1 : 0);
      },
    }),
  );
}
