import { CONSTRAINTS_MAX } from '@touchstone/circuit';
import { shortText } from '@touchstone/contracts';
import { CIRCUIT_SIGNALS_MAX } from '@touchstone/contracts/circuit';
import { type PreparedKey, readProof, vkDigest } from '@touchstone/groth16';
import {
  PAP,
  PAP_MESSAGE_BYTES_MAX,
  PAP_TEXT_CHARACTERS_MAX,
  type PapFailure,
  type PapReply,
  type PapRequest,
  papRequests,
  type PapVerb,
  statementDigest,
} from '@touchstone/prover-adapter';
import { sha256TextHex } from '@touchstone/crypto';
import { z } from 'zod';
import type { CompiledProgram } from '../domain/compile-program.js';
import type { Files } from '../domain/files.js';
import type { ProofVerifier } from '../domain/groth16-prover.js';
import type { JobFolders } from '../domain/job-folders.js';
import type { ModelProver } from '../domain/prove-model.js';
import { type ExitCode, exitCodes, ProverError } from '../domain/prover-error.js';
import { TimeBudget } from '../domain/time-budget.js';
import { verifyStatement } from '../domain/verify-statement.js';
import { compileGiven, readGiven, readGivenKey, requireGiven } from './given-files.js';
import { readJson } from './read-json.js';
import type { SetUpVerbs } from './set-up-verbs.js';
import { specsOf, valuesOf } from './tensors.js';

export const PROGRAM_NAME = 'touchstone-zk-prover';
export const PROGRAM_VERSION = '0.1.0';

/** Most bytes of a proof file. */
const PROOF_BYTES_MAX = 16_384;

type SetUp = NonNullable<PapRequest<'verify'>['setUp']>;

/** The built-in prover as a program of the Prover Adapter Protocol 1. */
export class PapProgram {
  private readonly verbs: {
    readonly [Verb in PapVerb]: (request: PapRequest<Verb>, signal: AbortSignal) => Promise<PapReply<Verb>>;
  } = {
    describe: () => Promise.resolve(this.describe()),
    compile: (request) => this.compile(request),
    prove: (request, signal) => this.prove(request, signal),
    verify: (request, signal) => this.verify(request, signal),
    'set-up-start': (request, signal) => this.parts.setUp.start(request, signal),
    'set-up-accept': (request, signal) => this.parts.setUp.accept(request, signal),
    'set-up-finish': (request, signal) => this.parts.setUp.finish(request, signal),
  };

  constructor(
    private readonly parts: {
      readonly files: Files;
      readonly prover: ModelProver;
      readonly secondVerifier: ProofVerifier;
      readonly folders: JobFolders;
      readonly setUp: SetUpVerbs;
    },
  ) {}

  /** Reads the request, does it, writes the reply; says in the exit code how it went. */
  async run(
    verb: PapVerb,
    { request, reply }: { readonly request: string; readonly reply: string },
    signal: AbortSignal,
  ): Promise<ExitCode> {
    const { answer, exitCode } = await this.answer(verb, request, signal);
    await this.parts.files.replace(reply, `${JSON.stringify(answer)}\n`);
    return exitCode;
  }

  private async answer<Verb extends PapVerb>(
    verb: Verb,
    path: string,
    signal: AbortSignal,
  ): Promise<{ answer: PapReply<Verb> | PapFailure; exitCode: ExitCode }> {
    try {
      const bytes = await this.parts.files.read(path, PAP_MESSAGE_BYTES_MAX);
      const request = readJson(papRequests[verb], bytes, {
        what: 'The request',
        bytesMax: PAP_MESSAGE_BYTES_MAX,
      }) as PapRequest<Verb>;
      return { answer: await this.verbs[verb](request, signal), exitCode: exitCodes.done };
    } catch (error) {
      const failure = error instanceof ProverError ? error : unforeseen(error);
      const message = shortText(failure.message, PAP_TEXT_CHARACTERS_MAX);
      return {
        answer: { protocol: PAP, error: { code: failure.code, message } },
        exitCode: failure.exitCode,
      };
    }
  }

  private describe(): PapReply<'describe'> {
    return {
      protocol: PAP,
      prover: { name: PROGRAM_NAME, version: PROGRAM_VERSION },
      systems: [
        {
          id: 'groth16/bn254',
          setUp: 'per-circuit',
          zeroKnowledge: true,
          carriesBind: true,
          constraintsMax: CONSTRAINTS_MAX,
          signalsMax: CIRCUIT_SIGNALS_MAX,
        },
      ],
    };
  }

  private async compile({ model, setUp }: PapRequest<'compile'>): Promise<PapReply<'compile'>> {
    const { programDigest, descriptor, descriptorHash } = await compileGiven(this.parts.files, model);
    const prepared = setUp && (await readGivenKey(this.parts.files, setUp.verificationKey));
    return {
      protocol: PAP,
      ...{ programDigest, descriptorHash, constraints: descriptor.constraints },
      ...specsOf(descriptor),
      ...(prepared === undefined ? {} : { vkDigest: vkDigest(prepared.key, descriptorHash) }),
    };
  }

  private async prove(request: PapRequest<'prove'>, signal: AbortSignal): Promise<PapReply<'prove'>> {
    const { files, prover } = this.parts;
    const startedMs = performance.now();
    const budget = new TimeBudget(request.deadlineMs, signal);
    const program = await this.requireProgram(request);
    const setUp = requireSetUp(request.setUp);
    const specs = specsOf(program.descriptor);
    const done = await prover.prove(
      {
        program,
        key: await this.requireKey(program, setUp),
        provingKey: await requireGiven(files, setUp.provingKey),
        inputs: valuesOf(specs.inputs, request.inputs),
        bind: BigInt(`0x${request.bind}`),
      },
      budget,
    );
    const proof = `${JSON.stringify(done.result.proof)}\n`;
    await files.replace(request.proofPath, proof);
    const outputs = specs.outputs.map((spec, index) => ({
      ...spec,
      values: [...(done.result.outputs[index] as Int32Array)],
    }));
    return {
      protocol: PAP,
      ...{ programDigest: program.programDigest, proofSha256: sha256TextHex(proof), outputs },
      prover: done.prover,
      ...(done.fellBack === undefined ? {} : { fellBack: shortText(done.fellBack, PAP_TEXT_CHARACTERS_MAX) }),
      milliseconds: Math.round(performance.now() - startedMs),
    };
  }

  private async verify(request: PapRequest<'verify'>, signal: AbortSignal): Promise<PapReply<'verify'>> {
    const { files, secondVerifier, folders } = this.parts;
    const budget = new TimeBudget(request.deadlineMs, signal);
    const program = await this.requireProgram(request);
    const key = await this.requireKey(program, requireSetUp(request.setUp));
    const specs = specsOf(program.descriptor);
    const statement = {
      ...{ program, key, bind: BigInt(`0x${request.bind}`) },
      inputs: valuesOf(specs.inputs, request.inputs),
      outputs: valuesOf(specs.outputs, request.outputs),
    };
    const echo = {
      protocol: PAP,
      challenge: request.challenge,
      statementDigest: statementDigest(request),
      proofSha256: request.proof.sha256,
    } as const;
    const proof = readProof(parsedOrUndefined(await readGiven(files, request.proof, PROOF_BYTES_MAX)));
    if (!proof.ok) return { ...echo, valid: false, reason: proof.code };
    const valid = await verifyStatement(statement, proof.value, { secondVerifier, folders }, budget);
    return { ...echo, valid, ...(valid ? {} : { reason: 'proof-invalid' }) };
  }

  /** @throws ProverError `program-mismatch` when the model compiles to another program than the request names */
  private async requireProgram({
    model,
    programDigest,
  }: Pick<PapRequest<'verify'>, 'model' | 'programDigest'>): Promise<CompiledProgram> {
    const program = await compileGiven(this.parts.files, model);
    if (program.programDigest !== programDigest)
      throw new ProverError(
        'program-mismatch',
        `The model compiles to the program ${program.programDigest}, not ${programDigest}.`,
      );
    return program;
  }

  /** @throws ProverError `key-of-another-circuit` when the digest that the request was told is not that of this key and circuit */
  private async requireKey(
    { descriptorHash }: CompiledProgram,
    { verificationKey, vkDigest: expected }: SetUp,
  ): Promise<PreparedKey> {
    const prepared = await readGivenKey(this.parts.files, verificationKey);
    const actual = vkDigest(prepared.key, descriptorHash);
    if (actual !== expected)
      throw new ProverError(
        'key-of-another-circuit',
        `Key and circuit have the vkDigest ${actual}, not ${expected}.`,
      );
    return prepared;
  }
}

function requireSetUp<Given extends SetUp>(setUp: Given | undefined): Given {
  if (setUp === undefined)
    throw new ProverError('request-invalid', 'Groth16 needs the set-up of the circuit: give setUp.');
  return setUp;
}

/** A proof that is no JSON is no proof. */
function parsedOrUndefined(bytes: Uint8Array): unknown {
  try {
    return readJson(z.unknown(), bytes, { what: 'The proof', bytesMax: PROOF_BYTES_MAX });
  } catch {
    return undefined;
  }
}

function unforeseen(cause: unknown): ProverError {
  const reason = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
  return new ProverError('internal', reason, { cause });
}
