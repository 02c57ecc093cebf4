import { SIGNALS_MAX } from './limits.js';

/**
 * Why a key, public signals or a proof are refused, each with a sentence for people. The list is closed, and every verifier of this
 * format gives the same codes: what is looked at first is reported, in this order, except that the items of IC are read after they
 * were counted.
 */
export const groth16Failures = {
  'key-malformed': `The verification key is not of its closed form: its members, groth16 on bn128, 1 to ${SIGNALS_MAX} signals, coordinates in decimal below q.`,
  'key-ic-length': 'The key has not one point of IC for each public signal and one more.',
  'key-point-invalid': 'A point of the key is zero, not on its curve, or not in the subgroup of the pairing.',
  'key-forgeable':
    'Anybody can forge proofs for the key: delta is gamma or the generator, or the negative of one, so its setup was never finished.',
  'signals-malformed': 'The public signals are not a list.',
  'signal-count': 'There are more or fewer public signals than the key has.',
  'signal-not-canonical': 'A public signal is not a decimal text below r without sign and leading zeros.',
  'proof-malformed':
    'The proof is not of its closed form: pi_a, pi_b and pi_c, coordinates in decimal below q.',
  'proof-point-invalid':
    'A point of the proof is zero, not on its curve, or not in the subgroup of the pairing.',
  'equation-false':
    'The pairing equation does not hold: the proof is not one of these public signals under this key.',
} as const;

/** One of the reasons of {@link groth16Failures}. */
export type Groth16Failure = keyof typeof groth16Failures;

/** What a verifier says of a proof. */
export type Verdict = { readonly valid: true } | { readonly valid: false; readonly code: Groth16Failure };

/** What was read from untrusted input, or why it is refused. */
export type Reading<Value> =
  { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly code: Groth16Failure };
