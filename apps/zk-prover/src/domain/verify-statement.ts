import { toField } from '@touchstone/circuit';
import { type Groth16Proof, type PreparedKey } from '@touchstone/groth16';
import type { CompiledProgram } from './compile-program.js';
import type { ProofVerifier } from './groth16-prover.js';
import type { JobFolders } from './job-folders.js';
import { requireInputs, requireKeyOf, requireOutputs } from './signals-of.js';
import type { TimeBudget } from './time-budget.js';
import { judgedByBoth } from './two-verifiers.js';

/** That this program gave these outputs for these inputs. */
export interface Statement {
  readonly program: CompiledProgram;
  readonly key: PreparedKey;
  readonly inputs: readonly (readonly number[])[];
  readonly outputs: readonly (readonly number[])[];
  readonly bind: bigint;
}

/**
 * Judges a proof from the statement alone.
 *
 * @throws ProverError `inputs-invalid`, `key-of-another-circuit`, `verifiers-disagree`, or what the second verifier fails with
 */
export async function verifyStatement(
  { program, key, inputs, outputs, bind }: Statement,
  proof: Groth16Proof,
  { secondVerifier, folders }: { secondVerifier: ProofVerifier; folders: JobFolders },
  budget: TimeBudget,
): Promise<boolean> {
  requireInputs(program, inputs);
  requireOutputs(program, outputs);
  requireKeyOf(program, key.key.nPublic);
  const publicSignals = [...inputs.flat(), ...outputs.flat(), bind].map((signal) =>
    toField(signal).toString(),
  );
  return folders.use((folder) => judgedByBoth({ key, publicSignals, proof }, secondVerifier, folder, budget));
}
