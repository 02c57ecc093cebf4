import { AppError } from '@touchstone/contracts';
import type { SetUpContribution } from '@touchstone/contracts/circuit';
import { SET_UP_KEY_BYTES_MAX } from '@touchstone/contracts/http/set-ups';
import {
  callProgram,
  givenFile,
  PAP,
  PapError,
  papExitCodes,
  type ProverProgram,
} from '@touchstone/prover-adapter';
import { mkdtemp, open, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Ceremony, CeremonyCircuit, StartedSetUp } from '../../domain/set-up/set-up.js';
import { pathInside } from '../model-folder/read-inside.js';
import { Turns } from '../sandbox/turns.js';

/** What {@link ProgramCeremony} needs. */
export interface ProgramCeremonyParts {
  readonly program: ProverProgram;
  /** Folder with powers of tau. */
  readonly powersFolder: string;
}

type Given = Pick<
  Parameters<typeof callProgram<'set-up-start'>>[2],
  'protocol' | 'model' | 'powers' | 'deadlineMs'
>;

/** Set-ups by a program of the Prover Adapter Protocol, one step after the other, in a process of its own each. */
export class ProgramCeremony implements Ceremony {
  private readonly turns = new Turns(1);
  private readonly closing = new AbortController();

  constructor(private readonly parts: ProgramCeremonyParts) {}

  start(circuit: CeremonyCircuit): Promise<StartedSetUp> {
    return this.inFolder(circuit, async (folder, given) => {
      const keyPath = join(folder, 'key.zkey');
      const { descriptorHash, constraintsSha256, powers } = await this.call('set-up-start', {
        ...{ ...given, verb: 'set-up-start', keyPath },
      });
      return { descriptorHash, constraintsSha256, powers, provingKey: await readKey(keyPath) };
    }).catch((error: unknown) => {
      throw toAppError(error, 'model-invalid');
    });
  }

  accept(
    circuit: CeremonyCircuit,
    { before, offered }: { before: Uint8Array; offered: Uint8Array },
  ): Promise<SetUpContribution> {
    return this.inFolder(circuit, async (folder, given) => {
      const [old, added] = [join(folder, 'before.zkey'), join(folder, 'offered.zkey')];
      await writeFile(old, before);
      await writeFile(added, offered);
      const { contribution } = await this.call('set-up-accept', {
        ...{ ...given, verb: 'set-up-accept' },
        ...{ before: await givenFile(old), provingKey: await givenFile(added) },
      });
      return contribution;
    }).catch((error: unknown) => {
      throw toAppError(error, 'set-up-invalid');
    });
  }

  finish(
    circuit: CeremonyCircuit,
    newestKey: Uint8Array,
    beacon: { value: string; iterationsLog2: number; source: string },
  ): ReturnType<Ceremony['finish']> {
    return this.inFolder(circuit, async (folder, given) => {
      const [from, keyPath] = [join(folder, 'newest.zkey'), join(folder, 'key.zkey')];
      await writeFile(from, newestKey);
      const { transcript, circuit: made } = await this.call('set-up-finish', {
        ...{ ...given, verb: 'set-up-finish', provingKey: await givenFile(from), beacon, keyPath },
      });
      return { transcript, circuit: made, provingKey: await readKey(keyPath) };
    }).catch((error: unknown) => {
      throw toAppError(error, 'set-up-invalid');
    });
  }

  /** Ends what runs and takes nothing new. */
  close(): void {
    this.closing.abort();
  }

  private call<Verb extends 'set-up-start' | 'set-up-accept' | 'set-up-finish'>(
    verb: Verb,
    request: Parameters<typeof callProgram<Verb>>[2],
  ): ReturnType<typeof callProgram<Verb>> {
    const { program } = this.parts;
    const bounds = { deadlineMs: program.deadlineMs, signal: this.closing.signal };
    return callProgram(program, verb, request, bounds);
  }

  private inFolder<Result>(
    circuit: CeremonyCircuit,
    work: (folder: string, given: Given) => Promise<Result>,
  ): Promise<Result> {
    return this.turns.take(async () => {
      const folder = await mkdtemp(join(tmpdir(), 'touchstone-set-up-'));
      try {
        const [onnx, options] = [join(folder, 'model.onnx'), join(folder, 'options.json')];
        await writeFile(onnx, circuit.model);
        if (circuit.options !== undefined) await writeFile(options, circuit.options);
        return await work(folder, {
          protocol: PAP,
          model: {
            onnx: await givenFile(onnx),
            ...(circuit.options === undefined ? {} : { options: await givenFile(options) }),
          },
          powers: await givenFile(await this.powersPath(circuit.powers)),
          deadlineMs: this.parts.program.deadlineMs,
        });
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    });
  }

  private async powersPath(name: string): Promise<string> {
    const { powersFolder } = this.parts;
    try {
      return await pathInside(await realpath(powersFolder), join(powersFolder, name));
    } catch (cause) {
      throw new AppError('validation-failed', `The folder of powers of tau has no ${name}.`, {
        cause,
        details: [{ pointer: '/powers', detail: `there is no ${name}` }],
      });
    }
  }
}

/** One that is too large is read up to one byte beyond the limit, so that whoever asked sees that it is. */
async function readKey(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const bytes = new Uint8Array(Math.min(size, SET_UP_KEY_BYTES_MAX + 1));
    await file.read(bytes, 0, bytes.length, 0);
    return bytes;
  } finally {
    await file.close();
  }
}

/** @param refusal what a program means that says that the request is at fault */
function toAppError(error: unknown, refusal: 'model-invalid' | 'set-up-invalid'): unknown {
  if (!(error instanceof PapError)) return error;
  const { problem, exitCode, message } = error;
  if (problem === 'timed-out')
    return new AppError('timeout', 'The prover took too long for this step of the set-up.', { cause: error });
  const isRefused =
    exitCode === papExitCodes.badRequest ||
    exitCode === papExitCodes.unsupportedModel ||
    exitCode === papExitCodes.resourceLimit;
  if (problem === 'program-failed' && isRefused)
    return new AppError(refusal, `The prover refuses it: ${message}`, { cause: error });
  return new AppError('dependency-unavailable', 'The prover did not do this step of the set-up.', {
    ...{ cause: error, retryAfterSeconds: 5 },
  });
}
