import {
  type Groth16Proof,
  type PreparedKey,
  prepareKey,
  toSnarkjsKey,
  toSnarkjsProof,
  verifyProof,
} from '@touchstone/groth16';
import type { ProofVerifier } from './groth16-prover.js';
import type { JobFolder } from './job-folders.js';
import { ProverError } from './prover-error.js';
import type { TimeBudget } from './time-budget.js';

/** What is said to be proved, and by what. */
export interface Claim {
  readonly key: PreparedKey;
  /** Decimal, in the order of the circuit. */
  readonly publicSignals: readonly string[];
  readonly proof: Groth16Proof;
}

/** Reads a verification key and judges it. @throws ProverError `key-invalid` */
export function requireKey(value: unknown): PreparedKey {
  const reading = prepareKey(value);
  if (!reading.ok) throw new ProverError('key-invalid', `The verification key is refused: ${reading.code}.`);
  return reading.value;
}

/**
 * Judges a proof with our verifier and, in another process, with one that shares no code with it. The verdict is that of both.
 *
 * @throws ProverError `verifiers-disagree` when they do: then nothing is known, and people must look
 */
export async function judgedByBoth(
  { key, publicSignals, proof }: Claim,
  second: ProofVerifier,
  folder: JobFolder,
  budget: TimeBudget,
): Promise<boolean> {
  const own = verifyProof(key, publicSignals, proof);
  await folder.write('judged-key.json', JSON.stringify(toSnarkjsKey(key.key)));
  await folder.write('judged-signals.json', JSON.stringify(publicSignals));
  await folder.write('judged-proof.json', JSON.stringify(toSnarkjsProof(proof)));
  const other = await second.verify(
    {
      key: folder.path('judged-key.json'),
      publicSignals: folder.path('judged-signals.json'),
      proof: folder.path('judged-proof.json'),
    },
    budget,
  );
  if (own.valid !== other)
    throw new ProverError(
      'verifiers-disagree',
      `Our verifier says ${own.valid ? 'valid' : own.code}, the other one ${other ? 'valid' : 'invalid'}. Keep the files and report it.`,
    );
  return other;
}
