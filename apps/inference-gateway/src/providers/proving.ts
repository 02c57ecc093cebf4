import { PapHost, examinationSample } from '@touchstone/prover-adapter';
import { SHUTDOWN } from '@touchstone/platform/runtime';
import { CLOCK, provide, token } from '@touchstone/platform/wiring';
import { Outbox, uuidV7 } from '@touchstone/postgres';
import { DataSource } from 'typeorm';
import { ThreadProofVerifier } from '../adapters/proof/thread-proof-verifier.js';
import { ProgramProver } from '../adapters/prover/program-prover.js';
import type { Config } from '../config.js';
import { ModelCatalogue } from '../domain/model/model-catalogue.js';
import type { PaidRequests } from '../domain/payment/paid-requests.js';
import type { PaymentTerms } from '../domain/payment/payment.js';
import { CheckProof } from '../domain/proving/check-proof.js';
import { ProveOutput } from '../domain/proving/prove-output.js';
import type { Prover } from '../domain/proving/prover.js';
import { PostgresExecutionProofStore } from '../persistence/postgres-execution-proof-store.js';
import { EXAMINATION_SAMPLE } from '../examination-sample.js';
import { Links } from '../transport/links.js';
import { EXECUTION_PROOFS } from '../tokens.js';
import { proverProgram } from './prover-program.js';

/** Undefined where nothing is proved. */
export const PROGRAM_PROVER = token<ProgramProver | undefined>('ProgramProver');

/** The paid way of proofs; undefined where nobody has to pay. */
export const PAID_PROOFS = token<{ requests: PaidRequests; terms: PaymentTerms } | undefined>('PaidProofs');

/** Makes no proofs. */
const noProver: Prover = {
  isThere: false,
  expectedMs: () => undefined,
  prove: () => Promise.reject(new Error('There is no prover here.')),
};

/** Proofs of answers of the past. */
export function proving(config: Config) {
  return [
    provide(
      EXECUTION_PROOFS,
      { dataSource: DataSource, outbox: Outbox, clock: CLOCK },
      ({ dataSource, outbox, clock }) =>
        new PostgresExecutionProofStore(dataSource, outbox, () => clock.nowMs()),
    ),
    provide(PROGRAM_PROVER, { catalogue: ModelCatalogue, shutdown: SHUTDOWN }, ({ catalogue, shutdown }) => {
      const prover = programProver(config, catalogue);
      if (prover) shutdown.add('servers', 'prover', () => prover.close());
      return prover;
    }),
    provide(CheckProof, { catalogue: ModelCatalogue, shutdown: SHUTDOWN }, ({ catalogue, shutdown }) => {
      const verifier = new ThreadProofVerifier();
      shutdown.add('servers', 'proof verifier', () => verifier.close());
      return new CheckProof(catalogue, verifier);
    }),
    provide(
      ProveOutput,
      {
        ...{ catalogue: ModelCatalogue, prover: PROGRAM_PROVER, proofs: EXECUTION_PROOFS },
        ...{ links: Links, clock: CLOCK, paid: PAID_PROOFS },
      },
      ({ prover, clock, ...parts }) =>
        new ProveOutput({
          ...parts,
          prover: prover ?? noProver,
          timeoutMs: config.TOUCHSTONE_PROOF_TIMEOUT_MS,
          agreementMin: config.TOUCHSTONE_PROOF_AGREEMENT_MIN_PERCENT / 100,
          nowMs: () => clock.nowMs(),
          newId: uuidV7,
        }),
    ),
  ];
}

function programProver(config: Config, catalogue: ModelCatalogue): ProgramProver | undefined {
  const timeoutMs = config.TOUCHSTONE_PROOF_TIMEOUT_MS;
  const program = proverProgram(config, timeoutMs);
  if (program === undefined) return undefined;
  return new ProgramProver({
    host: new PapHost(),
    program,
    sample: () => examinationSample(EXAMINATION_SAMPLE),
    timeoutMs,
    queueMax: config.TOUCHSTONE_PROOF_QUEUE_MAX,
    calibrateWith: () => catalogue.all().find(({ circuit }) => circuit?.keys !== undefined),
  });
}
