import type { ModelCircuit, ZkProof } from '@touchstone/contracts/circuit';
import {
  bindSignal,
  circuitDigest,
  outputDigest,
  signalsOf,
  verifyEvidence,
  type OutputBundle,
} from '@touchstone/evidence';
import {
  callProgram,
  type CircuitJob,
  type CircuitProof,
  PAP,
  PapError,
  proveCircuit,
  type ProverProgram,
} from '@touchstone/prover-adapter';
import { CommandError, exitCodes, type ExitCode } from '../exit-codes.js';
import { inputElements, trustInCircuit } from './provable-output.js';

/** What a proof is made with. */
export interface ProofFiles {
  /** Paths of the ONNX file and of the proving key. */
  readonly model: string;
  readonly provingKey: string;
  readonly circuit: ModelCircuit;
}

/** A bundle with the proof, and how it was made. */
export interface ProvenBundle {
  readonly bundle: OutputBundle & { readonly zk: ZkProof };
  readonly vkDigest: string;
  readonly prover: string;
  readonly fellBack?: string | undefined;
  readonly milliseconds: number;
}

/**
 * Has an output of the past proved and puts the proof beside its evidence. What the prover says is not believed: the step `zk` of the
 * verifier has to pass on the new bundle.
 *
 * @param signal ends the prover, which is a process of its own
 * @throws CommandError `invalid` where the proof does not hold, `configuration` where there is no prover, `interrupted`
 */
export async function proveBundle(
  bundle: OutputBundle,
  { model, provingKey, circuit }: ProofFiles,
  program: ProverProgram,
  signal: AbortSignal,
): Promise<ProvenBundle> {
  const { descriptor, vk } = circuit;
  const { proof: signed, context } = bundle.subject;
  const bind = bindSignal(outputDigest(signed, signed.domain), context.requestDigest);
  const inputs = inputElements(bundle, descriptor);
  const vkDigest = circuitDigest(circuit);
  const files = { model, provingKey };
  const { proof, outputs, reply } = await asked(program, signal, { circuit, vkDigest, files, inputs, bind });
  const publicSignals = signalsOf([...inputs.flat(), ...outputs.flat(), bind]);
  const proven = { ...bundle, zk: { vk, proof, publicSignals, descriptor } };
  requireProof(proven, vkDigest);
  const { prover, fellBack, milliseconds } = reply;
  return { bundle: proven, vkDigest, prover, fellBack, milliseconds };
}

async function asked(program: ProverProgram, signal: AbortSignal, job: CircuitJob): Promise<CircuitProof> {
  const { deadlineMs } = program;
  const bounds = { deadlineMs, signal };
  try {
    return await proveCircuit(
      {
        compile: (request) =>
          callProgram(program, 'compile', { protocol: PAP, verb: 'compile', ...request }, bounds),
        prove: (request) =>
          callProgram(program, 'prove', { protocol: PAP, verb: 'prove', deadlineMs, ...request }, bounds),
      },
      job,
    );
  } catch (error) {
    if (!(error instanceof PapError)) throw error;
    throw new CommandError(exitCodeOf(error), error.message);
  }
}

function exitCodeOf({ problem }: PapError): ExitCode {
  if (problem === 'aborted') return exitCodes.interrupted;
  return problem === 'program-missing' ? exitCodes.configuration : exitCodes.invalid;
}

function requireProof(bundle: OutputBundle, vkDigest: string): void {
  const trust = trustInCircuit(bundle.subject.proof.modelVersionId, vkDigest);
  const { steps } = verifyEvidence(JSON.stringify(bundle), { trust, nowMs: Date.now() });
  const step = steps.find(({ name }) => name === 'zk');
  if (step?.status === 'pass') return;
  const why = step?.detail ?? 'the bundle does not pass its gate';
  throw new CommandError(exitCodes.invalid, `The proof does not hold: ${why}.`);
}
