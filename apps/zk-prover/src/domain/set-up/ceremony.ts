import { modelCircuit, type CircuitSetUp, type ModelCircuit } from '@touchstone/contracts/circuit';
import { fromSnarkjsKey, type VerificationKey, vkDigest } from '@touchstone/groth16';
import type { CompiledProgram } from '../compile-program.js';
import type { Files } from '../files.js';
import { type DoneBy, firstThatWorks } from '../first-that-works.js';
import type { Beacon, Groth16Prover, SetUpFiles, Step } from '../groth16-prover.js';
import type { JobFolders } from '../job-folders.js';
import { ProverError } from '../prover-error.js';
import { requireKeyOf } from '../signals-of.js';
import type { TimeBudget } from '../time-budget.js';
import { requireKey } from '../two-verifiers.js';
import { powersSource } from './powers.js';
import { type Contribution, readProvingKey } from './proving-key-file.js';

/** Most bytes of a verification key as a prover writes it. */
const KEY_BYTES_MAX = 8_388_608;

/** Parties that a set-up must have to be that of several. */
const PARTIES_MIN = 2;

/** What a finished set-up consists of besides the proving key. */
export interface FinishedSetUp {
  readonly key: VerificationKey;
  readonly transcript: CircuitSetUp;
  /** What a gateway serves the model by. */
  readonly circuit: ModelCircuit;
}

/** What keys are made of: the circuit, and the path of powers of tau that are prepared for phase 2. */
export interface CircuitAndPowers {
  readonly program: CompiledProgram;
  readonly powers: string;
}

/** Phase 2 of a set-up in steps, each of which gives a file to the next party. */
export class Ceremony {
  constructor(
    private readonly parts: {
      readonly provers: readonly [Groth16Prover, ...Groth16Prover[]];
      /** Judges keys; that of snarkjs, which all others read. */
      readonly judge: Groth16Prover;
      readonly files: Files;
      readonly folders: JobFolders;
    },
  ) {}

  /** The first key, under which anybody can forge. @param provingKey path where it is written */
  start(given: CircuitAndPowers, provingKey: string, budget: TimeBudget): Promise<DoneBy<void>> {
    return firstThatWorks(this.parts.provers, budget, (prover, share) =>
      this.withConstraints(given, (files) => prover.setUp({ ...files, provingKey }, share)),
    );
  }

  /** One party's part; it may be done on another machine, which needs `from` alone. */
  async contribute(step: Step & { readonly entropy: string }, budget: TimeBudget): Promise<Contribution> {
    await firstThatWorks(this.parts.provers, budget, (prover, share) => prover.contribute(step, share));
    const { contributions } = await readProvingKey(this.parts.files, step.to);
    return contributions.at(-1) as Contribution;
  }

  /**
   * Takes a party's key: it must follow from the one before by one contribution of a party and belong to the same circuit.
   *
   * @throws ProverError `set-up-invalid`
   */
  async accept(
    given: CircuitAndPowers,
    { before, provingKey }: { readonly before: string; readonly provingKey: string },
    budget: TimeBudget,
  ): Promise<Contribution> {
    const [old, offered] = [
      await readProvingKey(this.parts.files, before),
      await readProvingKey(this.parts.files, provingKey),
    ];
    const added = offered.contributions.at(-1);
    const begins = offered.contributions.slice(0, -1);
    if (
      added?.kind !== 'party' ||
      offered.circuitHash !== old.circuitHash ||
      JSON.stringify(begins) !== JSON.stringify(old.contributions)
    )
      throw new ProverError(
        'set-up-invalid',
        `${provingKey} does not add one party's contribution to ${before}.`,
      );
    await this.requireValid(given, provingKey, budget);
    return added;
  }

  /**
   * Closes a set-up with a beacon, or as it is, and states what it consists of.
   *
   * @throws ProverError `set-up-invalid` when the key does not follow from circuit and powers
   */
  async finish(
    given: CircuitAndPowers,
    {
      from,
      to,
      beacon,
    }: {
      readonly from: string;
      /** Where the proving key is written when there is a beacon; else `from` is it. */
      readonly to: string;
      readonly beacon?: Beacon & { readonly source: string };
    },
    budget: TimeBudget,
  ): Promise<FinishedSetUp> {
    if (beacon)
      await firstThatWorks(this.parts.provers, budget, (prover, share) =>
        prover.beacon({ from, to, name: 'beacon', beacon }, share),
      );
    return this.describe(given, { provingKey: beacon ? to : from, beaconSource: beacon?.source }, budget);
  }

  /**
   * States anew, from files alone, what a set-up consists of; the transcript is right when it says the same.
   *
   * @throws ProverError `set-up-invalid`, `key-invalid`, `key-of-another-circuit`
   */
  async describe(
    given: CircuitAndPowers,
    { provingKey, beaconSource }: { readonly provingKey: string; readonly beaconSource: string | undefined },
    budget: TimeBudget,
  ): Promise<FinishedSetUp> {
    const { program } = given;
    const { files } = this.parts;
    const { contributions } = await readProvingKey(files, provingKey);
    await this.requireValid(given, provingKey, budget);
    const key = await this.exportKey(provingKey, budget);
    requireKeyOf(program, key.nPublic);
    const powers = await powersSource(files, given.powers);
    const parties = contributions.filter(({ kind }) => kind === 'party').length;
    const isOfSeveral = powers.source === 'perpetual-powers-of-tau' && parties >= PARTIES_MIN;
    const kind = isOfSeveral ? 'multi-party' : 'single-party';
    return {
      key,
      circuit: modelCircuit.parse({ version: 1, descriptor: program.descriptor, vk: key, setup: kind }),
      transcript: {
        version: 1,
        system: 'groth16/bn254',
        descriptorHash: program.descriptorHash,
        constraintsSha256: program.constraintsSha256,
        powers,
        contributions: [...contributions],
        ...(beaconSource === undefined ? {} : { beaconSource }),
        provingKeySha256: await files.digest(provingKey, 'sha256'),
        vkDigest: vkDigest(key, program.descriptorHash),
        class: kind,
      },
    };
  }

  /** Writes the verifier of a key for EVM chains in Solidity. */
  exportSolidity(files: { provingKey: string; to: string }, budget: TimeBudget): Promise<DoneBy<void>> {
    return firstThatWorks(this.parts.provers, budget, (prover, share) => prover.exportSolidity(files, share));
  }

  private async requireValid(given: CircuitAndPowers, provingKey: string, budget: TimeBudget): Promise<void> {
    const isValid = await this.withConstraints(given, (files) =>
      this.parts.judge.verifySetUp({ ...files, provingKey }, budget),
    );
    if (!isValid)
      throw new ProverError(
        'set-up-invalid',
        `${provingKey} does not follow from the circuit and ${given.powers}.`,
      );
  }

  private withConstraints<Result>(
    { program, powers }: CircuitAndPowers,
    work: (files: Omit<SetUpFiles, 'provingKey'>) => Promise<Result>,
  ): Promise<Result> {
    return this.parts.folders.use(async (folder) => {
      await folder.write('circuit.r1cs', program.constraints);
      return work({ constraints: folder.path('circuit.r1cs'), powers });
    });
  }

  private exportKey(provingKey: string, budget: TimeBudget): Promise<VerificationKey> {
    return this.parts.folders.use(async (folder) => {
      await this.parts.judge.exportKey({ provingKey, to: folder.path('key.json') }, budget);
      const reading = fromSnarkjsKey(JSON.parse(await folder.read('key.json', KEY_BYTES_MAX)));
      if (!reading.ok) throw new ProverError('key-invalid', `${provingKey} holds no key: ${reading.code}.`);
      return requireKey(reading.value).key;
    });
  }
}
