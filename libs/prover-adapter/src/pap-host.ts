import { examine, type ExaminationModel, type ExaminationResult } from './examination.js';
import { PapError } from './pap-error.js';
import { callProgram, type ProverProgram } from './program-call.js';
import { PAP, type PapReply, type PapRequest } from './protocol.js';
import { judge, type ProgramVerdict, type Statement, verificationOf } from './verdict.js';

/** A program as the host knows it. */
export interface RegisteredProgram {
  readonly name: string;
  readonly isEnabled: boolean;
  /** Of the newest examination. */
  readonly results: readonly ExaminationResult[];
}

type Asked<Verb extends 'prove' | 'compile'> = Omit<PapRequest<Verb>, 'protocol' | 'verb' | 'deadlineMs'>;

/**
 * Runs provers of an operator. A program works for nobody before it passed its examination, and no more once it failed one: a verifier
 * that took one false statement says nothing with its other verdicts. Without a program there is no proof.
 */
export class PapHost {
  private readonly programs = new Map<string, { program: ProverProgram; results: ExaminationResult[] }>();

  /** Examines a program, a known one anew; afterwards it is enabled or not. */
  async register(
    program: ProverProgram,
    sample: ExaminationModel,
    signal?: AbortSignal,
  ): Promise<RegisteredProgram> {
    // Nobody may use it while it is examined.
    this.programs.delete(program.name);
    const results = await examine(program, sample, signal);
    this.programs.set(program.name, { program, results });
    return this.state(program.name) as RegisteredProgram;
  }

  state(name: string): RegisteredProgram | undefined {
    const known = this.programs.get(name);
    return known && { name, isEnabled: isPassed(known.results), results: known.results };
  }

  /** @throws PapError `program-disabled`, and what the call fails with */
  async describe(name: string, signal?: AbortSignal): Promise<PapReply<'describe'>> {
    const program = this.enabled(name);
    return callProgram(program, 'describe', { protocol: PAP, verb: 'describe' }, boundsOf(program, signal));
  }

  /** @throws PapError `program-disabled`, and what the call fails with */
  async compile(name: string, asked: Asked<'compile'>, signal?: AbortSignal): Promise<PapReply<'compile'>> {
    const program = this.enabled(name);
    const request = { ...asked, protocol: PAP, verb: 'compile' } as const;
    return callProgram(program, 'compile', request, boundsOf(program, signal));
  }

  /**
   * Has a program prove, then another process of it judge the proof from the statement alone.
   *
   * @throws PapError; `reply-invalid` when its verifier refuses what its prover made
   */
  async prove(name: string, asked: Asked<'prove'>, signal?: AbortSignal): Promise<PapReply<'prove'>> {
    const program = this.enabled(name);
    const { deadlineMs } = program;
    const request = { ...asked, protocol: PAP, verb: 'prove', deadlineMs } as const;
    const reply = await callProgram(program, 'prove', request, boundsOf(program, signal));
    const { model, programDigest, inputs, bind, setUp, proofPath } = asked;
    const verdict = await this.verify(
      name,
      {
        ...{ model, programDigest, inputs, bind, outputs: reply.outputs },
        proof: { path: proofPath, sha256: reply.proofSha256 },
        ...(setUp === undefined ? {} : { setUp: verificationOf(setUp) }),
      },
      signal,
    );
    if (!verdict.valid)
      throw new PapError('reply-invalid', `${name} refuses its own proof: ${verdict.reason}.`);
    return reply;
  }

  /** @throws PapError when there is no verdict */
  async verify(name: string, statement: Statement, signal?: AbortSignal): Promise<ProgramVerdict> {
    const program = this.enabled(name);
    return judge(program, statement, boundsOf(program, signal));
  }

  private enabled(name: string): ProverProgram {
    const known = this.programs.get(name);
    if (known === undefined)
      throw new PapError('program-disabled', `No program ${name} is registered, so nothing is proved.`);
    const failure = known.results.find(({ passed }) => !passed);
    if (failure !== undefined)
      throw new PapError(
        'program-disabled',
        `${name} failed its examination (${failure.name}: ${failure.detail}).`,
      );
    return known.program;
  }
}

const isPassed = (results: readonly ExaminationResult[]): boolean => results.every(({ passed }) => passed);

function boundsOf(
  { deadlineMs }: ProverProgram,
  signal?: AbortSignal,
): { deadlineMs: number; signal?: AbortSignal } {
  return { deadlineMs, ...(signal === undefined ? {} : { signal }) };
}
