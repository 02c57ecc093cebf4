import { spawn } from 'node:child_process';
import { ProverError } from '../../domain/prover-error.js';
import type { TimeBudget } from '../../domain/time-budget.js';

/** Characters that are kept of what a program prints: the last ones. */
export const PROGRAM_OUTPUT_CHARACTERS_MAX = 16_384;

/** One run of another program. */
export interface ProgramRun {
  readonly command: string;
  /** Handed over as they are; no shell reads them. */
  readonly args: readonly string[];
  /** Standard input; without it, it is empty. */
  readonly input?: string;
}

export interface ProgramEnd {
  readonly exitCode: number;
  /** The last lines of both outputs, without colours. */
  readonly output: string;
}

/**
 * Runs a program to its end. It gets no environment and no terminal. When the time is up or the signal comes, it is killed and
 * waited for, so that nothing of it is left when this rejects. It stays in our process group, so that it ends with us when
 * the group is killed.
 *
 * @throws ProverError `deadline`, `aborted`, or `prover-failed` when it cannot be started or ends by a signal
 */
export function runProgram({ command, args, input }: ProgramRun, budget: TimeBudget): Promise<ProgramEnd> {
  return new Promise((resolve, reject) => {
    budget.require();
    const child = spawn(command, args, { cwd: '/', env: {}, stdio: ['pipe', 'pipe', 'pipe'] });
    let output = '';
    let killedFor: ProverError | undefined;
    const keep = (text: string): void => {
      output = (output + text).slice(-PROGRAM_OUTPUT_CHARACTERS_MAX);
    };
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', keep);
    // A program that does not read its input may be gone before it is written.
    child.stdin.on('error', () => undefined).end(input ?? '');
    const kill = (reason: ProverError): void => {
      killedFor ??= reason;
      child.kill('SIGKILL');
    };
    const abort = (): void => kill(new ProverError('aborted', 'It was called off.'));
    const late = new ProverError('deadline', `It was not done within ${Math.round(budget.totalMs)} ms.`);
    const timer = setTimeout(() => kill(late), Math.ceil(budget.remainingMs));
    budget.signal.addEventListener('abort', abort, { once: true });
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      budget.signal.removeEventListener('abort', abort);
      act();
    };
    child.on('error', (cause) =>
      settle(() => reject(new ProverError('prover-failed', `${command}: ${cause.message}`, { cause }))),
    );
    child.on('close', (code, signal) =>
      settle(() => {
        if (killedFor) return reject(killedFor);
        if (code === null)
          return reject(new ProverError('prover-failed', `${command} was ended by ${signal}.`));
        resolve({ exitCode: code, output: withoutColours(output) });
      }),
    );
  });
}

/** The last line that says something, for a message. */
export function lastLine(output: string): string {
  return output.trimEnd().split('\n').at(-1)?.trim() ?? '';
}

function withoutColours(text: string): string {
  // eslint-disable-next-line no-control-regex -- the escape is what is looked for
  return text.replace(/\u001b\[[0-9;]*m/g, '');
}
