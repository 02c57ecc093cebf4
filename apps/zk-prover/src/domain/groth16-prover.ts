import type { TimeBudget } from './time-budget.js';

export type ProverName = 'snarkjs' | 'native';

/** A proving key with what it is made from; paths of files. */
export interface SetUpFiles {
  /** `.r1cs` */
  readonly constraints: string;
  /** `.ptau`, prepared for phase 2 */
  readonly powers: string;
  /** `.zkey` */
  readonly provingKey: string;
}

/** A key becomes another one; paths of `.zkey` files. */
export interface Step {
  readonly from: string;
  readonly to: string;
  /** Who made it, 1 to 64 visible ASCII characters. */
  readonly name: string;
}

/** A public number that nobody could choose: the value, and the logarithm of how often it is hashed. */
export interface Beacon {
  /** Lower-case hex. */
  readonly value: string;
  readonly iterationsLog2: number;
}

/**
 * Groth16 on BN254 over files in the formats of iden3. Each call ends within its budget: what runs longer is killed.
 * All reject with ProverError `prover-failed`, `deadline` or `aborted`.
 */
export interface Groth16Prover {
  readonly name: ProverName;
  /** Writes proof and public signals as snarkjs writes them. */
  prove(
    files: {
      readonly provingKey: string;
      readonly witness: string;
      readonly proof: string;
      readonly publicSignals: string;
    },
    budget: TimeBudget,
  ): Promise<void>;
  /** Phase 2 without contributions yet; anybody can forge under such a key. */
  setUp(files: SetUpFiles, budget: TimeBudget): Promise<void>;
  /** Multiplies a secret into the key. Nobody may learn `entropy`; randomness of the system is mixed in. */
  contribute(step: Step & { readonly entropy: string }, budget: TimeBudget): Promise<void>;
  beacon(step: Step & { readonly beacon: Beacon }, budget: TimeBudget): Promise<void>;
  /** Whether the key is that of these constraints and powers with its contributions, and nothing else. */
  verifySetUp(files: SetUpFiles, budget: TimeBudget): Promise<boolean>;
  exportKey(files: { readonly provingKey: string; readonly to: string }, budget: TimeBudget): Promise<void>;
  exportSolidity(
    files: { readonly provingKey: string; readonly to: string },
    budget: TimeBudget,
  ): Promise<void>;
}

/** Makes powers of tau, phase 1 of a set-up; paths of `.ptau` files, other conditions as of {@link Groth16Prover}. */
export interface PowersMaker {
  readonly name: ProverName;
  /** @param powersLog2 logarithm of how many constraints they are enough for */
  startPowers(powersLog2: number, to: string, budget: TimeBudget): Promise<void>;
  contributePowers(step: Step & { readonly entropy: string }, budget: TimeBudget): Promise<void>;
  preparePowers(files: { readonly from: string; readonly to: string }, budget: TimeBudget): Promise<void>;
  verifyPowers(powers: string, budget: TimeBudget): Promise<boolean>;
}

/** A verifier that shares no code with ours and runs in another process. */
export interface ProofVerifier {
  /** @param files key, signals and proof as snarkjs writes them */
  verify(
    files: { readonly key: string; readonly publicSignals: string; readonly proof: string },
    budget: TimeBudget,
  ): Promise<boolean>;
}
