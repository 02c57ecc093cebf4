import { AppError, type CanonicalTensor } from '@touchstone/contracts';
import { zkProof, type CircuitDescriptor } from '@touchstone/contracts/circuit';
import { decodeTensor, encodeTensor, signalsOf } from '@touchstone/evidence';
import { runIntegerModel } from '@touchstone/integer-model';
import {
  PapError,
  proveCircuit,
  type CircuitProof,
  type ExaminationModel,
  type PapHost,
  type PapReply,
  type ProverProgram,
} from '@touchstone/prover-adapter';
import type { Model, ProvableCircuit, ProvingKeys } from '../../domain/model/model.js';
import type { MadeProof, Prover, ProvingJob } from '../../domain/proving/prover.js';
import { Turns } from '../sandbox/turns.js';

/** The proof system of evidence. */
const SYSTEM = 'groth16/bn254';

/** Why a proof is ended when its time is over. */
const TIMED_OUT = Symbol('timed out');

/** What {@link ProgramProver} needs. */
export interface ProgramProverParts {
  readonly host: PapHost;
  readonly program: ProverProgram;
  readonly sample: () => Promise<ExaminationModel>;
  /** Milliseconds that a proof may take, its wait included. */
  readonly timeoutMs: number;
  /** Proofs that may wait for their turn. */
  readonly queueMax: number;
  /** A model whose answers are proved here; undefined where there is none. */
  readonly calibrateWith: () => Model | undefined;
}

/** Of one proof, to say beforehand how long another one takes. */
interface Calibration {
  readonly milliseconds: number;
  readonly constraints: number;
}

/**
 * Makes proofs with a program of the Prover Adapter Protocol, one after the other, since each takes all cores. What it says is not
 * believed: it works after it passed an examination, and each proof is judged by a process of its own before it is given out.
 */
export class ProgramProver implements Prover {
  private readonly turns = new Turns(1);
  private readonly programs = new Map<string, PapReply<'compile'>>();
  private readonly closing = new AbortController();
  readonly isThere = true;
  /** Undefined until an examination is passed and a proof is measured, and after one that failed. */
  private calibration: Calibration | undefined;
  private waiting = 0;

  constructor(private readonly parts: ProgramProverParts) {}

  /** Proofs that wait for their turn, or are being made. */
  get queued(): number {
    return this.waiting;
  }

  /** Whether it passed its newest examination. While it is examined anew, proofs wait for their turn. */
  get isEnabled(): boolean {
    return this.calibration !== undefined;
  }

  /**
   * Examines the program anew and measures a proof; until it passes, nothing is proved.
   *
   * @throws Error that names what it failed
   */
  async examine(): Promise<void> {
    const { host, program, sample, calibrateWith } = this.parts;
    const model = calibrateWith();
    if (model === undefined || this.closing.signal.aborted) return;
    try {
      const { results } = await this.turns.take(async () =>
        host.register(program, await sample(), this.closing.signal),
      );
      const failed = results.filter(({ passed }) => !passed).map(({ name, detail }) => `${name}: ${detail}`);
      if (failed.length > 0) throw new Error(`The prover failed its examination. ${failed.join(' ')}`);
      await this.requireSystem();
      this.calibration = await this.calibrate(model);
    } catch (error) {
      this.calibration = undefined;
      throw error;
    }
  }

  /** A proof that does not carry its request could be sold for another one; one of another system has no place in evidence. */
  private async requireSystem(): Promise<void> {
    const { host, program } = this.parts;
    const { systems } = await host.describe(program.name, this.closing.signal);
    if (!systems.every(({ id, carriesBind }) => id === SYSTEM && carriesBind))
      throw new Error(
        `The prover makes other proofs than ${SYSTEM} that carry the request; they are not sold.`,
      );
  }

  /** Proves an answer that nobody asked for. */
  private async calibrate(model: Model): Promise<Calibration> {
    const { descriptor, model: network } = model.circuit as ProvableCircuit;
    const zeros = descriptor.inputs.map(({ shape }) =>
      Array<number>(shape.reduce((all, size) => all * size, 1)).fill(0),
    );
    const { outputs } = runIntegerModel(network, zeros);
    const startedMs = performance.now();
    await this.prove({
      ...{ model, bind: 1n },
      inputs: tensorsOf(descriptor.inputs, zeros),
      outputs: tensorsOf(
        descriptor.outputs,
        outputs.map((output) => Array.from(output as Int32Array)),
      ),
    });
    return { milliseconds: performance.now() - startedMs, constraints: descriptor.constraints };
  }

  expectedMs({ circuit }: Model): number | undefined {
    if (circuit?.keys === undefined || this.calibration === undefined) return undefined;
    const { milliseconds, constraints } = this.calibration;
    // Processes start in the same time whatever they prove, so that less than the calibrated size is no faster.
    return Math.ceil(milliseconds * Math.max(1, circuit.descriptor.constraints / constraints));
  }

  async prove(job: ProvingJob): Promise<MadeProof> {
    const { queueMax, timeoutMs } = this.parts;
    const { keys } = job.model.circuit ?? {};
    if (keys === undefined)
      throw new AppError('not-provable', `${job.model.manifest.id} has no proving key here.`);
    if (this.waiting > queueMax)
      throw new AppError('queue-full', `${queueMax} proofs wait already.`, { retryAfterSeconds: 5 });
    this.waiting += 1;
    const ending = new AbortController();
    const end = (): void => ending.abort('closed');
    const timer = setTimeout(() => ending.abort(TIMED_OUT), timeoutMs);
    this.closing.signal.addEventListener('abort', end, { once: true });
    if (this.closing.signal.aborted) end();
    try {
      return await this.turns.take(() => this.proveNow(job, keys, ending.signal));
    } finally {
      clearTimeout(timer);
      this.closing.signal.removeEventListener('abort', end);
      this.waiting -= 1;
    }
  }

  /** Ends what runs and takes nothing new. */
  close(): void {
    this.closing.abort();
  }

  private async proveNow(job: ProvingJob, keys: ProvingKeys, signal: AbortSignal): Promise<MadeProof> {
    const { circuit, modelVersionId } = job.model as Model & { circuit: ProvableCircuit };
    const { descriptor, vk, vkDigest } = circuit;
    const { host, program } = this.parts;
    // Its time may have passed while it waited.
    if (signal.aborted)
      throw toAppError(new PapError('aborted', 'The proof was not begun any more.'), signal);
    const inputs = descriptor.inputs.map(({ name }) => elementsOf(job.inputs, name));
    try {
      const made = await proveCircuit(
        {
          compile: async (asked) => {
            const known = this.programs.get(modelVersionId);
            const compiled = known ?? (await host.compile(program.name, asked, signal));
            this.programs.set(modelVersionId, compiled);
            return compiled;
          },
          prove: (asked) => host.prove(program.name, asked, signal),
        },
        { circuit: { descriptor, vk }, vkDigest, files: keys.files, inputs, bind: job.bind },
      );
      requireOutputs(made, job, descriptor);
      const publicSignals = signalsOf([...inputs.flat(), ...made.outputs.flat(), job.bind]);
      const zk = zkProof.parse({ vk, proof: made.proof, publicSignals, descriptor });
      const { prover: name, fellBack, milliseconds } = made.reply;
      return { zk, name, fellBack, milliseconds };
    } catch (error) {
      // Whatever went wrong, the files may have changed meanwhile.
      this.programs.delete(modelVersionId);
      throw toAppError(error, signal);
    }
  }
}

function tensorsOf(
  declared: CircuitDescriptor['inputs'] | CircuitDescriptor['outputs'],
  values: readonly (readonly number[])[],
): CanonicalTensor[] {
  return declared.map(({ name, datatype, shape }, index) => {
    const encoded = encodeTensor({ name, datatype, shape, data: [...(values[index] as readonly number[])] });
    if (!encoded.ok) throw new Error(`${name}: ${encoded.error.detail}`);
    return encoded.value;
  });
}

function elementsOf(tensors: readonly CanonicalTensor[], name: string): number[] {
  const tensor = tensors.find((candidate) => candidate.name === name);
  const decoded = tensor && decodeTensor(tensor);
  if (!decoded?.ok) throw new AppError('not-provable', `What was kept of the answer has no ${name}.`);
  return decoded.value.map(Number);
}

/** A proof of other outputs than the signed ones would be true and prove nothing about the answer. */
function requireOutputs({ outputs }: CircuitProof, job: ProvingJob, descriptor: CircuitDescriptor): void {
  const differing = descriptor.outputs.find(
    ({ name }, index) => String(outputs[index]) !== String(elementsOf(job.outputs, name)),
  );
  if (differing !== undefined)
    throw new AppError(
      'not-provable',
      `The circuit gives another ${differing.name} than the one that was signed.`,
    );
}

function toAppError(error: unknown, signal: AbortSignal): unknown {
  if (!(error instanceof PapError)) return error;
  if (error.problem === 'timed-out' || signal.reason === TIMED_OUT)
    return new AppError(
      'timeout',
      'The proof took too long and was ended; ask again with the same payment.',
      {
        cause: error,
      },
    );
  return new AppError(
    'dependency-unavailable',
    'The prover made no proof; ask again with the same payment.',
    {
      cause: error,
      retryAfterSeconds: 5,
    },
  );
}
