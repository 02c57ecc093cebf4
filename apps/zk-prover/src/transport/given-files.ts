import { circuitOptions, type CircuitOptions } from '@touchstone/contracts/circuit';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import type { PreparedKey } from '@touchstone/groth16';
import type { PapRequest } from '@touchstone/prover-adapter';
import { z } from 'zod';
import { type CompiledProgram, compileProgram } from '../domain/compile-program.js';
import type { Files } from '../domain/files.js';
import { ProverError } from '../domain/prover-error.js';
import { requireKey } from '../domain/two-verifiers.js';
import { readJson } from './read-json.js';

/** Most bytes of an ONNX file that is compiled. */
export const ONNX_BYTES_MAX = 67_108_864;

/** Most bytes of the options of a circuit. */
export const CIRCUIT_OPTIONS_BYTES_MAX = 8_388_608;

/** Most bytes of a verification key. */
export const VERIFICATION_KEY_BYTES_MAX = 2_097_152;

type GivenModel = PapRequest<'compile'>['model'];
type GivenFile = GivenModel['onnx'];

/** Reads a file that a request names. @throws ProverError `request-invalid` when it has another digest */
export async function readGiven(files: Files, file: GivenFile, bytesMax: number): Promise<Uint8Array> {
  const bytes = await files.read(file.path, bytesMax);
  requireDigest(file, bytesToHex(sha256(bytes)));
  return bytes;
}

/** As {@link readGiven}, for a file that goes on by its path and may be large. */
export async function requireGiven(files: Files, file: GivenFile): Promise<string> {
  requireDigest(file, await files.digest(file.path, 'sha256'));
  return file.path;
}

/** Reads and compiles the model of a request. */
export async function compileGiven(files: Files, { onnx, options }: GivenModel): Promise<CompiledProgram> {
  const model = await readGiven(files, onnx, ONNX_BYTES_MAX);
  const bytes = options && (await readGiven(files, options, CIRCUIT_OPTIONS_BYTES_MAX));
  return compileProgram(model, bytes && readCircuitOptions(bytes));
}

/** Reads the options of a circuit. @throws ProverError `request-invalid` */
export function readCircuitOptions(bytes: Uint8Array): CircuitOptions {
  return readJson(circuitOptions, bytes, {
    what: 'The options file',
    bytesMax: CIRCUIT_OPTIONS_BYTES_MAX,
  });
}

/** Reads the verification key of a request and judges it. @throws ProverError `request-invalid`, `key-invalid` */
export async function readGivenKey(files: Files, file: GivenFile): Promise<PreparedKey> {
  const bytes = await readGiven(files, file, VERIFICATION_KEY_BYTES_MAX);
  return requireKey(
    readJson(z.unknown(), bytes, { what: 'The verification key', bytesMax: VERIFICATION_KEY_BYTES_MAX }),
  );
}

function requireDigest({ path, sha256: expected }: GivenFile, actual: string): void {
  if (actual !== expected)
    throw new ProverError('request-invalid', `${path} has the SHA-256 ${actual}, not ${expected}.`);
}
