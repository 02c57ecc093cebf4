import { spawn } from 'node:child_process';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { PapError } from './pap-error.js';
import {
  PAP_MESSAGE_BYTES_MAX,
  papExitCodes,
  papFailure,
  papReplies,
  type PapReply,
  papRequests,
  type PapRequest,
  type PapVerb,
} from './protocol.js';

/** How long a program may overrun a deadline that it was told, to say so itself. */
export const PAP_GRACE_MS = 2_000;

/** How an operator's prover is called. */
export interface ProverProgram {
  readonly name: string;
  /** Path of the program. */
  readonly command: string;
  /** What stands before the verb. */
  readonly args?: readonly string[];
  /** All that it sees of the environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Longest time of any call. */
  readonly deadlineMs: number;
  /** How far it stands back for other processes, 0 to 19; it gets what they leave. */
  readonly niceness?: number;
}

/** Bounds of one call. */
export interface CallBounds {
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
}

/**
 * Asks a program once, in a process of its own. When the time is up it is killed with all that it started.
 *
 * @returns its reply, of which only the form is known to be right
 * @throws PapError
 */
export async function callProgram<Verb extends PapVerb>(
  program: ProverProgram,
  verb: Verb,
  request: PapRequest<Verb>,
  bounds: CallBounds,
): Promise<PapReply<Verb>> {
  const folder = await mkdtemp(join(tmpdir(), 'touchstone-pap-'));
  try {
    const [asked, answered] = [join(folder, 'request.json'), join(folder, 'reply.json')];
    await writeFile(asked, JSON.stringify(papRequests[verb].parse(request)), { mode: 0o600 });
    const exitCode = await runOnce(program, [verb, asked, answered], bounds);
    const reply = await readReply(answered);
    if (exitCode !== papExitCodes.done) throw failed(program, verb, { exitCode, reply });
    const read = papReplies[verb].safeParse(reply);
    if (!read.success)
      throw new PapError('reply-invalid', `${program.name} answered ${verb} with: ${read.error.message}`);
    return read.data as PapReply<Verb>;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function failed(
  { name }: ProverProgram,
  verb: PapVerb,
  { exitCode, reply }: { exitCode: number; reply: unknown },
): PapError {
  const said = papFailure.safeParse(reply);
  const why = said.success ? `${said.data.error.code}: ${said.data.error.message}` : 'it did not say why';
  return new PapError('program-failed', `${name} ended ${verb} with ${exitCode}: ${why}`, exitCode);
}

/** Undefined for a reply that is missing, too large or no JSON; no schema takes that. */
async function readReply(path: string): Promise<unknown> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const { size } = await file.stat();
    if (size > PAP_MESSAGE_BYTES_MAX) return undefined;
    return JSON.parse(await file.readFile('utf8'));
  } catch {
    return undefined;
  } finally {
    await file.close();
  }
}

function runOnce(
  { name, command, args = [], environment = {}, niceness = 0 }: ProverProgram,
  words: readonly string[],
  { deadlineMs, signal }: CallBounds,
): Promise<number> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(new PapError('aborted', `${name} was not asked any more.`));
    // A process group of its own, so that what the program started is killed with it.
    const child = spawn(command, [...args, ...words], {
      ...{ cwd: '/', env: { ...environment }, stdio: 'ignore', detached: true },
    });
    if (child.pid !== undefined && niceness > 0) standBack(child.pid, niceness);
    let killedFor: PapError | undefined;
    const kill = (reason: PapError): void => {
      killedFor ??= reason;
      if (child.pid !== undefined) killGroup(child.pid);
    };
    const abort = (): void => kill(new PapError('aborted', `${name} was called off.`));
    const timer = setTimeout(
      () => kill(new PapError('timed-out', `${name} was not done within ${deadlineMs} ms.`)),
      deadlineMs + PAP_GRACE_MS,
    );
    signal?.addEventListener('abort', abort, { once: true });
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      act();
    };
    child.on('error', ({ message }) =>
      settle(() => reject(new PapError('program-missing', `${name} cannot be started: ${message}`))),
    );
    child.on('exit', (code, by) =>
      settle(() => {
        // What it left running would go on without anybody who waits for it.
        if (child.pid !== undefined) killGroup(child.pid);
        if (killedFor) return reject(killedFor);
        if (code === null) return reject(new PapError('program-failed', `${name} was ended by ${by}.`));
        resolve(code);
      }),
    );
  });
}

function standBack(pid: number, niceness: number): void {
  try {
    setPriority(pid, niceness);
  } catch {
    // It has ended already, or this machine does not let us: it then works as any other process.
  }
}

function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // Nothing of the group is left.
  }
}
