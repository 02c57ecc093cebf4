import { AppError, LARGEST_EVENT_BYTES } from '@touchstone/contracts';
import {
  circuitDeviation,
  modelCircuit,
  type CircuitDeviation,
  type ZkProof,
} from '@touchstone/contracts/circuit';
import { parseStrictJson } from '@touchstone/canonical-json';
import { integerCircuit, type ConstraintSystem } from '@touchstone/circuit';
import { circuitDigest, descriptorHash } from '@touchstone/evidence';
import { compileDescribed, descriptorOf, type IntegerModel } from '@touchstone/integer-model';
import { z } from 'zod';
import type { ModelManifest } from '../../domain/model/manifest.js';
import type { ProvableCircuit, ProvingKeys } from '../../domain/model/model.js';

/** Largest file of a circuit in bytes: a key has a point for each public signal. */
export const CIRCUIT_BYTES_MAX = 4_194_304;

/** Largest report of a deviation in bytes. */
export const DEVIATION_BYTES_MAX = 65_536;

/** A public signal as an element of a JSON list, and the points of a proof: decimal numbers below a 254-bit order. */
const SIGNAL_BYTES_MAX = 80;
const PROOF_BYTES_MAX = 2_048;

/**
 * Reads the circuit of a model and compiles it again from the model's file: what is served is what its descriptor speaks of. That the
 * verification key is of this circuit, its set-up shows, and each proof.
 *
 * @param files what proofs are made with, where they are made here
 * @throws AppError `model-invalid`
 */
export function loadCircuit(
  manifest: ModelManifest,
  file: Uint8Array,
  text: Uint8Array,
  files?: ProvingKeys['files'],
): ProvableCircuit {
  const { descriptor, vk, setup } = readCircuit(manifest.id, text);
  const model = compileDescribed(file, descriptor);
  const { constraintCount, publicCount } = systemOf(manifest.id, model);
  const compiled = descriptorOf(model, manifest.sha256, constraintCount);
  if (descriptorHash(compiled) !== descriptorHash(descriptor))
    throw refused(manifest.id, 'its descriptor is not the one that the file gives');
  if (vk.nPublic !== publicCount)
    throw refused(manifest.id, `its key has ${vk.nPublic} public signals, the circuit ${publicCount}`);
  for (const part of ['inputs', 'outputs'] as const) {
    const [stated, declared] = [manifest[part], descriptor[part]].map((tensors) =>
      tensors.map(({ name, datatype, shape }) => JSON.stringify([name, datatype, shape])).sort(),
    );
    if (String(stated) !== String(declared))
      throw refused(manifest.id, `its manifest has the ${part} ${stated}, its circuit ${declared}`);
  }
  if (files !== undefined) requirePublishable(manifest.id, { vk, descriptor });
  return {
    ...{ descriptor, vk, vkDigest: circuitDigest({ vk, descriptor }), setup, model },
    ...(files === undefined ? {} : { keys: { files } }),
  };
}

/**
 * Reads how far a circuit is from the floats of its file.
 *
 * @throws AppError `model-invalid`, also for the report of another file or circuit
 */
export function loadDeviation(
  { id, sha256 }: ModelManifest,
  { vkDigest }: ProvableCircuit,
  text: Uint8Array,
): CircuitDeviation {
  const refuse = (why: string): AppError =>
    new AppError('model-invalid', `The deviation of ${id} is refused: ${why}.`);
  const parsed = parseStrictJson(text, { maxBytes: DEVIATION_BYTES_MAX });
  if (!parsed.ok) throw refuse(`its file is not strict JSON: ${parsed.error.message}`);
  const report = circuitDeviation.safeParse(parsed.value);
  if (!report.success) throw refuse(`its file does not fit its schema: ${z.prettifyError(report.error)}`);
  for (const [name, stated, own] of [
    ['file', report.data.modelHash, sha256],
    ['circuit', report.data.vkDigest, vkDigest],
  ] as const)
    if (stated !== own)
      throw refuse(
        `it is of the ${name} ${stated}, not of ${own}; make it anew with \`touchstone zk deviation\``,
      );
  return report.data;
}

/** A proof goes into the evidence as one event. @throws AppError `model-invalid` where it could be too large for one */
export function requirePublishable(id: string, circuit: Pick<ZkProof, 'vk' | 'descriptor'>): void {
  const bytes =
    Buffer.byteLength(JSON.stringify(circuit)) + circuit.vk.nPublic * SIGNAL_BYTES_MAX + PROOF_BYTES_MAX;
  const most = LARGEST_EVENT_BYTES['inference-gateway'] as number;
  if (bytes > most)
    throw refused(
      id,
      `its proofs may have ${bytes} bytes, and at most ${most} can be given out; leave out provingKey`,
    );
}

function systemOf(id: string, model: IntegerModel): ConstraintSystem {
  try {
    return integerCircuit(model).system;
  } catch (error) {
    if (error instanceof RangeError) throw refused(id, error.message);
    throw error;
  }
}

function readCircuit(id: string, text: Uint8Array) {
  const parsed = parseStrictJson(text, { maxBytes: CIRCUIT_BYTES_MAX });
  if (!parsed.ok) throw refused(id, `its file is not strict JSON: ${parsed.error.message}`);
  const circuit = modelCircuit.safeParse(parsed.value);
  if (circuit.success) return circuit.data;
  throw refused(id, `its file does not fit its schema: ${z.prettifyError(circuit.error)}`);
}

const refused = (id: string, why: string): AppError =>
  new AppError('model-invalid', `The circuit of ${id} is refused: ${why}.`);
