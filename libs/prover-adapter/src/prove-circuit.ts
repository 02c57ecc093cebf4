import { parseStrictJson } from '@touchstone/canonical-json';
import type { ModelCircuit, ZkProof } from '@touchstone/contracts/circuit';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { givenFile } from './given-file.js';
import { PapError } from './pap-error.js';
import type { PapReply, PapRequest } from './protocol.js';

/** Most bytes of a proof file: three points, however they are written. */
const PROOF_BYTES_MAX = 16_384;
const BIND_HEX = 62;

type Asked<Verb extends 'compile' | 'prove', More extends string = never> = Omit<
  PapRequest<Verb>,
  'protocol' | 'verb' | More
>;

/** The two calls that a proof takes. */
export interface ProvingCalls {
  compile(asked: Asked<'compile'>): Promise<PapReply<'compile'>>;
  prove(asked: Asked<'prove', 'deadlineMs'>): Promise<PapReply<'prove'>>;
}

/** One execution of a circuit, and what proves it. */
export interface CircuitJob {
  readonly circuit: Pick<ModelCircuit, 'descriptor' | 'vk'>;
  readonly vkDigest: string;
  /** Paths of the ONNX file and of the proving key. */
  readonly files: { readonly model: string; readonly provingKey: string };
  /** The elements of the inputs in the order of the descriptor. */
  readonly inputs: readonly (readonly number[])[];
  /** The last public signal (protocol section 11). */
  readonly bind: bigint;
}

/** What a program made of a job. */
export interface CircuitProof {
  readonly proof: ZkProof['proof'];
  /** The elements of the outputs in the order of the descriptor. */
  readonly outputs: readonly (readonly number[])[];
  readonly reply: PapReply<'prove'>;
}

/**
 * Has an execution of a circuit proved. Whether the proof holds is for the caller to see to.
 *
 * @throws PapError; `reply-invalid` for outputs of another form than the circuit's
 */
export async function proveCircuit(calls: ProvingCalls, job: CircuitJob): Promise<CircuitProof> {
  const { descriptor } = job.circuit;
  const folder = await mkdtemp(join(tmpdir(), 'touchstone-prove-'));
  const place = (name: string): string => join(folder, name);
  try {
    const stated = { inputs: descriptor.inputs, activations: descriptor.activations };
    await writeFile(place('options.json'), JSON.stringify({ version: 1, stated }));
    await writeFile(place('vk.json'), JSON.stringify(job.circuit.vk));
    const model = { onnx: await givenFile(job.files.model), options: await givenFile(place('options.json')) };
    const { programDigest } = await calls.compile({ model });
    const reply = await calls.prove({
      ...{ model, programDigest, proofPath: place('proof.json') },
      inputs: descriptor.inputs.map(({ name, datatype, shape }, index) => ({
        ...{ name, datatype, shape },
        values: [...(job.inputs[index] as readonly number[])],
      })),
      bind: job.bind.toString(16).padStart(BIND_HEX, '0'),
      setUp: {
        vkDigest: job.vkDigest,
        provingKey: await givenFile(job.files.provingKey),
        verificationKey: await givenFile(place('vk.json')),
      },
    });
    const outputs = descriptor.outputs.map(({ name }, index) => {
      const tensor = reply.outputs[index];
      if (tensor?.name !== name)
        throw new PapError('reply-invalid', `The prover answered no output ${name}.`);
      return tensor.values;
    });
    return { proof: readProof(await readFile(place('proof.json'))), outputs, reply };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function readProof(bytes: Uint8Array): ZkProof['proof'] {
  const parsed = parseStrictJson(bytes, { maxBytes: PROOF_BYTES_MAX });
  if (!parsed.ok)
    throw new PapError('reply-invalid', `The prover wrote no strict JSON: ${parsed.error.message}`);
  // Its form is judged with the rest of what it goes into.
  return parsed.value as ZkProof['proof'];
}
