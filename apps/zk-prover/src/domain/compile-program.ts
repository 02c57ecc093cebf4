import { canonicalJson } from '@touchstone/canonical-json';
import { integerCircuit, type IntegerCircuit, r1csFile } from '@touchstone/circuit';
import { AppError } from '@touchstone/contracts';
import {
  CIRCUIT_SIGNALS_MAX,
  circuitDescriptor,
  type CircuitDescriptor,
  type CircuitOptions,
} from '@touchstone/contracts/circuit';
import { bytesToHex, sha256, sha256TextHex } from '@touchstone/crypto';
import { compileIntegerModel, type CompileOptions, descriptorOf } from '@touchstone/integer-model';
import { ProverError } from './prover-error.js';

/** A model that can be proved. */
export interface CompiledProgram {
  readonly circuit: IntegerCircuit;
  readonly descriptor: CircuitDescriptor;
  /** SHA-256 of the canonical JSON of the descriptor, hex. */
  readonly descriptorHash: string;
  /** The constraints as a file `.r1cs`. */
  readonly constraints: Uint8Array;
  readonly constraintsSha256: string;
  /** SHA-256 of the canonical JSON of both hashes: other weights or scales give another one. */
  readonly programDigest: string;
}

/**
 * Compiles an ONNX file by its options; the same bytes give the same program on every machine.
 *
 * @throws ProverError `model-unsupported` with the node and what to change, `resource-limit`
 */
export function compileProgram(onnx: Uint8Array, options?: CircuitOptions): CompiledProgram {
  const circuit = compileCircuit(onnx, options);
  const { model, system } = circuit;
  if (system.publicCount > CIRCUIT_SIGNALS_MAX)
    throw new ProverError(
      'resource-limit',
      `The model has ${system.publicCount - 1} inputs and outputs; with bind at most ${CIRCUIT_SIGNALS_MAX} signals are public.`,
    );
  const made = circuitDescriptor.safeParse(
    descriptorOf(model, bytesToHex(sha256(onnx)), system.constraintCount),
  );
  if (!made.success)
    throw new ProverError('resource-limit', `The circuit cannot be described: ${made.error.message}`);
  const constraints = r1csFile(system);
  const constraintsSha256 = bytesToHex(sha256(constraints));
  const descriptorHash = sha256TextHex(canonicalJson(made.data));
  const programDigest = sha256TextHex(
    canonicalJson({ descriptor: descriptorHash, constraints: constraintsSha256 }),
  );
  return {
    ...{ circuit, constraints, constraintsSha256, descriptorHash, programDigest },
    descriptor: made.data,
  };
}

function compileCircuit(onnx: Uint8Array, options: CircuitOptions | undefined): IntegerCircuit {
  try {
    return integerCircuit(compileIntegerModel(onnx, compileOptionsOf(options)));
  } catch (cause) {
    if (cause instanceof AppError) throw new ProverError('model-unsupported', cause.message, { cause });
    if (cause instanceof RangeError) throw new ProverError('resource-limit', cause.message, { cause });
    throw cause;
  }
}

function compileOptionsOf({
  ranges = {},
  samples = [],
  stated,
}: Partial<CircuitOptions> = {}): CompileOptions {
  if (stated !== undefined) return { stated };
  return {
    ranges: new Map(
      Object.entries(ranges).map(([name, { minimum, maximum }]) => [
        name,
        { ...(minimum === undefined ? {} : { minimum }), ...(maximum === undefined ? {} : { maximum }) },
      ]),
    ),
    samples: samples.map((row) => new Map(Object.entries(row))),
  };
}
