import { rm } from 'node:fs/promises';
import { doctor, resetState, stopRunning } from '@touchstone/embedded';
import { CommandError, exitCodes, type ExitCode } from '../exit-codes.js';
import { demoFolder, interruption, startAll } from '../stack/run-stack.js';
import { confirm } from '../terminal/confirm.js';
import { table } from '../terminal/style.js';

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
      prover: true,
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

/** `touchstone down`. */
export async function downCommand(options: { state: string }): Promise<ExitCode> {
  const stopped = await stopRunning(options.state);
  process.stderr.write(stopped ? 'Stopped.\n' : `No stack runs on ${options.state}.\n`);
  return exitCodes.ok;
}

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
