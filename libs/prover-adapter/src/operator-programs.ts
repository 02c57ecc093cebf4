import { isAbsolute } from 'node:path';
import type { ProverProgram } from './program-call.js';

/** How long a call of the JOLT-Atlas prover may take. */
export const JOLT_DEADLINE_MS = 60_000;

/**
 * The prover that `JOLT_BINARY_PATH` names: a program of the Prover Adapter Protocol around JOLT-Atlas, which the operator supplies and
 * has the licence of. Its proofs cannot carry `bind`: only the signed answer ties them to a request.
 *
 * @returns undefined where none is named
 * @throws RangeError for a path that is not absolute
 */
export function joltProgram({
  JOLT_BINARY_PATH,
}: Readonly<Record<string, string | undefined>>): ProverProgram | undefined {
  if (JOLT_BINARY_PATH === undefined || JOLT_BINARY_PATH === '') return undefined;
  if (!isAbsolute(JOLT_BINARY_PATH)) throw new RangeError('JOLT_BINARY_PATH must be an absolute path.');
  return { name: 'jolt-atlas', command: JOLT_BINARY_PATH, deadlineMs: JOLT_DEADLINE_MS };
}
