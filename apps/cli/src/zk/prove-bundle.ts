import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readStrict } from './read-strict.js';
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
  givenFile,
  PAP,
  PapError,
  type PapReply,
  type PapTensor,
  type ProverProgram,
} from '@touchstone/prover-adapter';
import { CommandError, exitCodes, type ExitCode } from '../exit-codes.js';
import { inputElements, trustInCircuit } from './provable-output.js';

const PROOF_BYTES_MAX = 16_384;
const BIND_HEX = 62;

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
  const folder = await mkdtemp(join(tmpdir(), 'touchstone-prove-'));
  try {
    const { reply, proof } = await asked(program, signal, {
      ...{ folder, model, provingKey, circuit },
      inputs: descriptor.inputs.map(({ name, datatype, shape }, index) => ({
        ...{ name, datatype, shape },
        values: inputs[index] as number[],
      })),
      bind: bind.toString(16).padStart(BIND_HEX, '0'),
    });
    const publicSignals = signalsOf([
      ...inputs.flat(),
      ...reply.outputs.flatMap(({ values }) => values),
      bind,
    ]);
    const proven = { ...bundle, zk: { vk, proof: proof as ZkProof['proof'], publicSignals, descriptor } };
    const vkDigest = circuitDigest(proven.zk);
    requireProof(proven, vkDigest);
    const { prover = program.name, fellBack, milliseconds = 0 } = reply;
    return { bundle: proven, vkDigest, prover, fellBack, milliseconds };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Asked {
  readonly folder: string;
  readonly model: string;
  readonly provingKey: string;
  readonly circuit: ModelCircuit;
  readonly inputs: readonly PapTensor[];
  readonly bind: string;
}

async function asked(
  program: ProverProgram,
  signal: AbortSignal,
  { folder, model, provingKey, circuit, inputs, bind }: Asked,
): Promise<{ reply: PapReply<'prove'>; proof: unknown }> {
  const place = (name: string): string => join(folder, name);
  const { inputs: scaled, activations } = circuit.descriptor;
  await writeFile(
    place('options.json'),
    JSON.stringify({ version: 1, stated: { inputs: scaled, activations } }),
  );
  await writeFile(place('vk.json'), JSON.stringify(circuit.vk));
  const compiled = { onnx: await givenFile(model), options: await givenFile(place('options.json')) };
  const bounds = { deadlineMs: program.deadlineMs, signal };
  try {
    const { programDigest } = await callProgram(
      program,
      'compile',
      { protocol: PAP, verb: 'compile', model: compiled },
      bounds,
    );
    const reply = await callProgram(
      program,
      'prove',
      {
        ...{
          protocol: PAP,
          verb: 'prove',
          model: compiled,
          programDigest,
          inputs: [...inputs],
          bind,
          deadlineMs: program.deadlineMs,
        },
        setUp: {
          vkDigest: circuitDigest(circuit),
          provingKey: await givenFile(provingKey),
          verificationKey: await givenFile(place('vk.json')),
        },
        proofPath: place('proof.json'),
      },
      bounds,
    );
    return { reply, proof: readStrict(await readFile(place('proof.json')), PROOF_BYTES_MAX) };
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
