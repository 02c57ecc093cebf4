import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serviceNames } from '@touchstone/contracts';
import {
  doctor,
  resetState,
  startStack,
  stopRunning,
  terminalProgress,
  type RunningStack,
  type StackOptions,
} from '@touchstone/embedded';
import { CommandError, exitCodes, type ExitCode } from '../exit-codes.js';
import { confirm } from '../terminal/confirm.js';
import { table } from '../terminal/style.js';

/** The checkout that this command belongs to. */
export const checkout = fileURLToPath(new URL('../../../..', import.meta.url));

/**
 * Starts all services; a failure names the part and shows the end of its log. A start cannot be taken back half-way:
 * a signal meanwhile ends this process, and the watchdogs stop its parts.
 */
export async function startAll(
  options: Pick<StackOptions, 'stateDir' | 'restart'> & Pick<Partial<StackOptions>, 'onExit'>,
  interrupted: Promise<NodeJS.Signals>,
): Promise<RunningStack> {
  const start = startStack({
    root: checkout,
    services: serviceNames,
    progress: terminalProgress(),
    ...options,
  });
  const started = await Promise.race([start, interrupted]);
  if (typeof started !== 'string') return started;
  process.stderr.write('touchstone: Interrupted.\n');
  process.exit(exitCodes.interrupted);
}

/** `touchstone up`: runs until Ctrl-C, or until a server under the services ends. */
export async function upCommand(options: { state: string }): Promise<ExitCode> {
  const interrupted = interruption();
  let serverEnded: (message: string) => void = () => undefined;
  const broken = new Promise<CommandError>((resolve) => {
    serverEnded = (message) => resolve(new CommandError(exitCodes.io, message));
  });
  const stack = await startAll(
    {
      stateDir: options.state,
      restart: true,
      onExit: (part, exit) => serverEnded(`${part} ended (${exit}), and nothing works without it.`),
    },
    interrupted,
  );
  const rows = Object.entries(stack.description.urls).map(([name, url]) => [name, url]);
  process.stdout.write(
    `${table([...rows, ['chain', stack.description.chain.rpcUrl]])}\n\nReady. Ctrl-C stops everything.\n`,
  );
  // Services are started again by the stack. A server is not: its data may be what ended it.
  const end = await Promise.race([interrupted, broken]);
  process.stderr.write('Stopping…\n');
  await stack.stop();
  if (typeof end !== 'string') throw end;
  return exitCodes.ok;
}

/** Resolves at the first SIGINT, SIGTERM or SIGHUP. */
export function interruption(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.once(signal, () => resolve(signal));
  });
}

/** `touchstone down`. */
export async function downCommand(options: { state: string }): Promise<ExitCode> {
  const stopped = await stopRunning(options.state);
  process.stderr.write(stopped ? 'Stopped.\n' : `No stack runs on ${options.state}.\n`);
  return exitCodes.ok;
}

/** Where the demo leaves its evidence. */
export const demoFolder = (stateDir: string): string => join(stateDir, 'demo');

/** `touchstone reset`: asks on a terminal, needs --yes elsewhere. */
export async function resetCommand(options: { state: string; yes: boolean }): Promise<ExitCode> {
  if (!options.yes && !(await confirm(`Delete all data, keys included, in ${options.state}?`))) {
    throw new CommandError(exitCodes.usage, 'Nothing was deleted; --yes deletes without asking.');
  }
  const deleted = resetState(options.state);
  if (deleted) await rm(demoFolder(options.state), { recursive: true, force: true });
  process.stderr.write(deleted ? 'Deleted.\n' : `There is nothing to delete in ${options.state}.\n`);
  return exitCodes.ok;
}

/** `touchstone doctor`. */
export async function doctorCommand(options: { json: boolean; state: string }): Promise<ExitCode> {
  const checks = await doctor({ stateDir: options.state });
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ checks }, null, 2)}\n`
      : `${table(checks.map(({ name, status, detail }) => [status, name, detail]))}\n`,
  );
  return checks.some(({ status }) => status === 'failed') ? exitCodes.configuration : exitCodes.ok;
}
