import { parseStrictJson } from '@touchstone/canonical-json';
import { modelCircuit, type ModelCircuit } from '@touchstone/contracts/circuit';
import { z } from 'zod';
import { CommandError, exitCodes } from '../exit-codes.js';
import { readInput } from '../terminal/files.js';
import { printable } from '../terminal/printable.js';

/** Most bytes of the file of a circuit: a key has a point for each public signal. */
const CIRCUIT_FILE_BYTES_MAX = 4_194_304;

/** Reads `circuit.json` of a model. @throws CommandError `io`, `configuration` */
export async function readCircuit(path: string): Promise<ModelCircuit> {
  const parsed = parseStrictJson(await readInput(path, CIRCUIT_FILE_BYTES_MAX), {
    maxBytes: CIRCUIT_FILE_BYTES_MAX,
  });
  if (!parsed.ok)
    throw new CommandError(
      exitCodes.configuration,
      `${path} is not strict JSON: ${printable(parsed.error.message)}`,
    );
  const circuit = modelCircuit.safeParse(parsed.value);
  if (circuit.success) return circuit.data;
  throw new CommandError(
    exitCodes.configuration,
    `${path} is no circuit:\n${printable(z.prettifyError(circuit.error))}`,
  );
}
