import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { givenFile } from './given-file.js';
import { PapError } from './pap-error.js';
import { callProgram, type ProverProgram } from './program-call.js';
import { PAP, papExitCodes, type PapReply, type PapRequest, type PapTensor } from './protocol.js';
import { judge, type Statement, verificationOf } from './verdict.js';

type Model = PapRequest<'compile'>['model'];

/** A model with which a program is tried: two of the same inputs and outputs, and what proves the first one. */
export interface ExaminationModel {
  readonly model: Model;
  readonly setUp?: NonNullable<PapRequest<'prove'>['setUp']>;
  readonly inputs: readonly PapTensor[];
  /** Another model, which gives other outputs for the inputs. */
  readonly otherModel: Model;
  /** A model that no integer circuit can stand for, if there is one. */
  readonly unsupportedModel?: Model;
}

/** What was tried, and what came of it. */
export interface ExaminationResult {
  readonly name: string;
  readonly passed: boolean;
  readonly detail: string;
}

const BIND = '5a'.repeat(31);
const OTHER_BIND = `${'5a'.repeat(30)}5b`;

/**
 * Tries a program: it must prove, take its own proof, and refuse each of five false statements, six if it says that its proofs carry
 * `bind`. Who takes a single one would vouch for anything. Each verdict comes from a fresh process that is given the statement alone.
 * Keys go to systems that have them for each circuit, and to no others.
 *
 * @returns all that was tried, until something failed without which the rest cannot be tried
 */
export async function examine(
  program: ProverProgram,
  sample: ExaminationModel,
  signal?: AbortSignal,
): Promise<ExaminationResult[]> {
  const folder = await mkdtemp(join(tmpdir(), 'touchstone-canary-'));
  try {
    return await new Examination(program, sample, folder, signal).run();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

class Examination {
  private readonly results: ExaminationResult[] = [];
  private readonly bounds: { deadlineMs: number; signal?: AbortSignal };

  constructor(
    private readonly program: ProverProgram,
    private readonly sample: ExaminationModel,
    private readonly folder: string,
    signal: AbortSignal | undefined,
  ) {
    this.bounds = { deadlineMs: program.deadlineMs, ...(signal === undefined ? {} : { signal }) };
  }

  async run(): Promise<ExaminationResult[]> {
    const proven = await this.step('proves', () => this.prove());
    if (proven === undefined) return this.results;
    const { statement, carriesBind } = proven;
    await this.step('takes its own proof', async () => {
      const verdict = await judge(this.program, statement, this.bounds);
      if (!verdict.valid) throw new Error(`It refuses it: ${verdict.reason}.`);
    });
    await this.step('refuses a file of another digest', () => this.refusesDigest());
    if (this.sample.unsupportedModel !== undefined)
      await this.step('refuses a model that it cannot prove', () => this.refusesModel());
    const otherRequest = ['another request', { ...statement, bind: OTHER_BIND }] as const;
    for (const [name, mutant] of [...(await this.mutants(statement)), ...(carriesBind ? [otherRequest] : [])])
      await this.step(`refuses ${name}`, () => this.refuses(mutant));
    return this.results;
  }

  private async step<Result>(name: string, work: () => Promise<Result>): Promise<Result | undefined> {
    try {
      const result = await work();
      this.results.push({ name, passed: true, detail: '' });
      return result;
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      this.results.push({ name, passed: false, detail });
      return undefined;
    }
  }

  private async compile(model: Model): Promise<string> {
    const request = { protocol: PAP, verb: 'compile', model } as const;
    return (await callProgram(this.program, 'compile', request, this.bounds)).programDigest;
  }

  private async prove(): Promise<{ statement: Statement; carriesBind: boolean }> {
    const { model, inputs } = this.sample;
    const asking = { protocol: PAP, verb: 'describe' } as const;
    const { systems } = await callProgram(this.program, 'describe', asking, this.bounds);
    const setUp = hasKeys(systems) ? this.sample.setUp : undefined;
    const proofPath = join(this.folder, 'proof');
    const asked = { model, programDigest: await this.compile(model), inputs: [...inputs], bind: BIND };
    const { outputs } = await callProgram(
      this.program,
      'prove',
      {
        ...{ protocol: PAP, verb: 'prove', ...asked, proofPath, deadlineMs: this.program.deadlineMs },
        ...(setUp === undefined ? {} : { setUp }),
      },
      this.bounds,
    );
    const statement = {
      ...{ ...asked, outputs, proof: await givenFile(proofPath) },
      ...(setUp === undefined ? {} : { setUp: verificationOf(setUp) }),
    };
    return { statement, carriesBind: systems.every((system) => system.carriesBind) };
  }

  private async mutants(statement: Statement): Promise<(readonly [string, Statement])[]> {
    const { inputs, outputs, proof } = statement;
    const bytes = await readFile(proof.path);
    const middle = Math.floor(bytes.length / 2);
    const flipped = Uint8Array.from(bytes, (byte, index) => (index === middle ? byte ^ 1 : byte));
    const { otherModel } = this.sample;
    return [
      ['an output that is one more', { ...statement, outputs: changed(outputs) }],
      ['an input that is one more', { ...statement, inputs: changed(inputs) }],
      ['another model', { ...statement, model: otherModel, programDigest: await this.compile(otherModel) }],
      ['a cut proof', { ...statement, proof: await this.proofOf('cut', bytes.subarray(0, middle)) }],
      ['a proof with a flipped bit', { ...statement, proof: await this.proofOf('flipped', flipped) }],
    ];
  }

  private async proofOf(name: string, bytes: Uint8Array): ReturnType<typeof givenFile> {
    const path = join(this.folder, name);
    await writeFile(path, bytes);
    return givenFile(path);
  }

  /** A program may also end with an error at what is false; it must not call it valid. */
  private async refuses(mutant: Statement): Promise<void> {
    try {
      const { valid } = await judge(this.program, mutant, this.bounds);
      if (valid) throw new Error('It takes it.');
    } catch (error) {
      if (!(error instanceof PapError) || error.problem !== 'program-failed') throw error;
    }
  }

  private async refusesDigest(): Promise<void> {
    const { onnx, ...rest } = this.sample.model;
    const wrong = { ...rest, onnx: { path: onnx.path, sha256: '0'.repeat(64) } };
    await this.endsWith(papExitCodes.badRequest, wrong);
  }

  private async refusesModel(): Promise<void> {
    await this.endsWith(papExitCodes.unsupportedModel, this.sample.unsupportedModel as Model);
  }

  private async endsWith(exitCode: number, model: Model): Promise<void> {
    try {
      await this.compile(model);
    } catch (error) {
      if (error instanceof PapError && error.exitCode === exitCode) return;
      throw error;
    }
    throw new Error('It compiles it.');
  }
}

const hasKeys = (systems: PapReply<'describe'>['systems']): boolean =>
  systems.some(({ setUp }) => setUp === 'per-circuit');

/** The same tensors with one element one more, or one less where one more may be out of range. */
function changed(tensors: readonly PapTensor[]): PapTensor[] {
  return tensors.map((tensor, index) => {
    if (index > 0) return tensor;
    const [first = 0, ...rest] = tensor.values;
    return { ...tensor, values: [first > 0 ? first - 1 : first + 1, ...rest] };
  });
}
