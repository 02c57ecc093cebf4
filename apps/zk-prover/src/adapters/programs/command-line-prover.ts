import type {
  Beacon,
  Groth16Prover,
  PowersMaker,
  ProofVerifier,
  ProverName,
  SetUpFiles,
  Step,
} from '../../domain/groth16-prover.js';
import { ProverError } from '../../domain/prover-error.js';
import type { TimeBudget } from '../../domain/time-budget.js';
import { lastLine, type ProgramEnd, runProgram } from './run-program.js';

/** How a program with the command line of snarkjs 0.7.6 is called. */
export interface ProverProgram {
  readonly name: ProverName;
  readonly command: string;
  /** What stands before the command's own words. */
  readonly leading: readonly string[];
}

/**
 * A prover behind the command line of snarkjs. The short names of its commands are used, since 0.7.6 does not understand
 * `zkey verify r1cs`. Secrets go in over standard input: who may list processes reads arguments.
 */
export class CommandLineProver implements Groth16Prover, PowersMaker, ProofVerifier {
  readonly name: ProverName;

  constructor(private readonly program: ProverProgram) {
    this.name = program.name;
  }

  async prove(
    files: { provingKey: string; witness: string; proof: string; publicSignals: string },
    budget: TimeBudget,
  ): Promise<void> {
    const { provingKey, witness, proof, publicSignals } = files;
    await this.do(['groth16', 'prove', provingKey, witness, proof, publicSignals], budget);
  }

  async verify(
    { key, publicSignals, proof }: { key: string; publicSignals: string; proof: string },
    budget: TimeBudget,
  ): Promise<boolean> {
    const end = await this.run(['groth16', 'verify', key, publicSignals, proof], budget);
    if (end.exitCode === 0 && /\bOK!/.test(end.output)) return true;
    // A crash has the same exit code as a refusal, and is neither verdict.
    if (end.exitCode === 1 && /Invalid proof|are not valid/i.test(end.output)) return false;
    throw this.failure('groth16 verify', end);
  }

  async setUp({ constraints, powers, provingKey }: SetUpFiles, budget: TimeBudget): Promise<void> {
    await this.do(['groth16', 'setup', constraints, powers, provingKey], budget);
  }

  async contribute(
    { from, to, name, entropy }: Step & { readonly entropy: string },
    budget: TimeBudget,
  ): Promise<void> {
    await this.do(['zkey', 'contribute', from, to, `-n=${name}`], budget, entropy);
  }

  async beacon(
    { from, to, name, beacon }: Step & { readonly beacon: Beacon },
    budget: TimeBudget,
  ): Promise<void> {
    const { value, iterationsLog2 } = beacon;
    await this.do(['zkey', 'beacon', from, to, value, String(iterationsLog2), `-n=${name}`], budget);
  }

  async verifySetUp({ constraints, powers, provingKey }: SetUpFiles, budget: TimeBudget): Promise<boolean> {
    const { exitCode, output } = await this.run(['zkvr', constraints, powers, provingKey], budget);
    return exitCode === 0 && /ZKey Ok!/i.test(output);
  }

  async exportKey({ provingKey, to }: { provingKey: string; to: string }, budget: TimeBudget): Promise<void> {
    await this.do(['zkey', 'export', 'verificationkey', provingKey, to], budget);
  }

  async exportSolidity(
    { provingKey, to }: { provingKey: string; to: string },
    budget: TimeBudget,
  ): Promise<void> {
    await this.do(['zkey', 'export', 'solidityverifier', provingKey, to], budget);
  }

  async startPowers(powersLog2: number, to: string, budget: TimeBudget): Promise<void> {
    await this.do(['powersoftau', 'new', 'bn128', String(powersLog2), to], budget);
  }

  async contributePowers(
    { from, to, name, entropy }: Step & { readonly entropy: string },
    budget: TimeBudget,
  ): Promise<void> {
    await this.do(['powersoftau', 'contribute', from, to, `-n=${name}`], budget, entropy);
  }

  async preparePowers({ from, to }: { from: string; to: string }, budget: TimeBudget): Promise<void> {
    await this.do(['powersoftau', 'prepare', 'phase2', from, to], budget);
  }

  async verifyPowers(powers: string, budget: TimeBudget): Promise<boolean> {
    const { exitCode, output } = await this.run(['powersoftau', 'verify', powers], budget);
    return exitCode === 0 && /Powers of Tau Ok!/i.test(output);
  }

  private async do(words: readonly string[], budget: TimeBudget, input?: string): Promise<void> {
    const end = await this.run(words, budget, input);
    if (end.exitCode !== 0) throw this.failure(words.slice(0, 2).join(' '), end);
  }

  private run(words: readonly string[], budget: TimeBudget, input?: string): Promise<ProgramEnd> {
    const { command, leading } = this.program;
    return runProgram(
      { command, args: [...leading, ...words], ...(input === undefined ? {} : { input: `${input}\n` }) },
      budget,
    );
  }

  private failure(what: string, { exitCode, output }: ProgramEnd): ProverError {
    return new ProverError(
      'prover-failed',
      `${this.name} ended ${what} with ${exitCode}: ${lastLine(output)}`,
    );
  }
}
