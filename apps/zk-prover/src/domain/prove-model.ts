import { brokenConstraint, type CircuitRun, runCircuit, toField, witnessFile } from '@touchstone/circuit';
import { fromSnarkjsProof, type Groth16Proof, type PreparedKey } from '@touchstone/groth16';
import type { CompiledProgram } from './compile-program.js';
import { type DoneBy, firstThatWorks } from './first-that-works.js';
import type { Groth16Prover, ProofVerifier } from './groth16-prover.js';
import type { JobFolder, JobFolders } from './job-folders.js';
import { ProverError } from './prover-error.js';
import { requireInputs, requireKeyOf } from './signals-of.js';
import type { TimeBudget } from './time-budget.js';
import { judgedByBoth } from './two-verifiers.js';

/** Most bytes of a proof, and of its public signals, as a prover writes them. */
export const PROVER_ANSWER_BYTES_MAX = 1_048_576;

/** What is to be proved. */
export interface ProofJob {
  readonly program: CompiledProgram;
  /** Path of the `.zkey`. */
  readonly provingKey: string;
  readonly key: PreparedKey;
  /** Whole numbers in the order of the model's inputs, row-major. */
  readonly inputs: readonly (readonly number[])[];
  readonly bind: bigint;
}

/** A proof that two verifiers took. */
export interface ModelProof {
  readonly proof: Groth16Proof;
  readonly publicSignals: readonly string[];
  readonly outputs: readonly Int32Array[];
}

/** Runs integer models and proves the runs. */
export class ModelProver {
  constructor(
    private readonly parts: {
      /** In the order in which they try. */
      readonly provers: readonly [Groth16Prover, ...Groth16Prover[]];
      readonly secondVerifier: ProofVerifier;
      readonly folders: JobFolders;
    },
  ) {}

  /**
   * Runs the model, checks every constraint, proves, and has the proof verified twice.
   *
   * @throws ProverError `inputs-invalid`, `key-invalid`, `constraint-broken`, `prover-failed`, `proof-invalid`,
   *   `verifiers-disagree`, `deadline`, `aborted`
   */
  async prove(job: ProofJob, budget: TimeBudget): Promise<DoneBy<ModelProof>> {
    requireInputs(job.program, job.inputs);
    requireKeyOf(job.program, job.key.key.nPublic);
    const run = runCircuit(job.program.circuit, job.inputs, job.bind);
    const broken = brokenConstraint(job.program.circuit.system, run.witness);
    if (broken !== undefined)
      throw new ProverError('constraint-broken', `The run breaks the constraint ${broken} of its circuit.`);
    const { provers, folders } = this.parts;
    return firstThatWorks(provers, budget, (prover, share) =>
      folders.use((folder) => this.proveIn(folder, { job, run, prover }, share)),
    );
  }

  private async proveIn(
    folder: JobFolder,
    { job, run, prover }: { job: ProofJob; run: CircuitRun; prover: Groth16Prover },
    budget: TimeBudget,
  ): Promise<ModelProof> {
    await folder.write('witness.wtns', witnessFile(run.witness));
    await prover.prove(
      {
        provingKey: job.provingKey,
        witness: folder.path('witness.wtns'),
        proof: folder.path('proof.json'),
        publicSignals: folder.path('public.json'),
      },
      budget,
    );
    const publicSignals = run.publicSignals.map((signal) => toField(signal).toString());
    const written = parse(await folder.read('public.json', PROVER_ANSWER_BYTES_MAX));
    if (JSON.stringify(written) !== JSON.stringify(publicSignals))
      throw new ProverError(
        'prover-failed',
        'The prover wrote public signals that are not those of the run.',
      );
    const proof = fromSnarkjsProof(parse(await folder.read('proof.json', PROVER_ANSWER_BYTES_MAX)));
    if (!proof.ok) throw new ProverError('prover-failed', `The prover wrote no proof: ${proof.code}.`);
    const claim = { key: job.key, publicSignals, proof: proof.value };
    if (!(await judgedByBoth(claim, this.parts.secondVerifier, folder, budget)))
      throw new ProverError(
        'proof-invalid',
        'The proof does not verify: the proving key and the verification key are not of one set-up, or the prover is wrong.',
      );
    return { proof: proof.value, publicSignals, outputs: run.outputs };
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ProverError('prover-failed', 'The prover wrote what is no JSON.', { cause });
  }
}
