import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serviceNames } from '@touchstone/contracts';
import { startStack, terminalProgress, type RunningStack, type StackOptions } from '@touchstone/embedded';
import { CommandError, exitCodes } from '../exit-codes.js';
import { proverPowersFolder, proverScript } from '../zk/built-in-prover.js';

/** The checkout that this command belongs to. */
export const checkout = fileURLToPath(new URL('../../../..', import.meta.url));

/**
 * Starts all services; a failure names the part and shows the end of its log. A start cannot be taken back half-way:
 * a signal meanwhile ends this process, and the watchdogs stop its parts.
 */
export async function startAll(
  {
    prover,
    ...options
  }: Pick<StackOptions, 'stateDir' | 'restart'> &
    Pick<Partial<StackOptions>, 'onExit'> & {
      /** Whether answers can be proved; the prover is examined at the start, which takes a processor for some seconds. */
      readonly prover: boolean;
    },
  interrupted: Promise<NodeJS.Signals>,
): Promise<RunningStack> {
  const start = startStack({
    root: checkout,
    services: serviceNames,
    progress: terminalProgress(),
    settings: prover ? { 'inference-gateway': proverSettings() } : {},
    ...options,
  });
  const started = await Promise.race([start, interrupted]);
  if (typeof started !== 'string') return started;
  process.stderr.write('touchstone: Interrupted.\n');
  process.exit(exitCodes.interrupted);
}

/** The prover of an operator or the built-in one, and the powers of tau that it keeps. */
function proverSettings(): Record<string, string> {
  const powers = process.env['TOUCHSTONE_POWERS_DIR'] ?? proverPowersFolder(process.env);
  return {
    TOUCHSTONE_PROVER_PATH: process.env['TOUCHSTONE_PROVER_PATH'] ?? proverScript,
    ...(powers === undefined ? {} : { TOUCHSTONE_POWERS_DIR: powers }),
  };
}

/** Resolves at the first SIGINT, SIGTERM or SIGHUP. */
export function interruption(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.once(signal, () => resolve(signal));
  });
}

/** Where the demo leaves its evidence. */
export const demoFolder = (stateDir: string): string => join(stateDir, 'demo');

/** Hears of parts of a stack that end by themselves. */
export interface PartWatch {
  readonly onExit: NonNullable<StackOptions['onExit']>;
  /** Rejects with a CommandError when the first part ends; it may be looked at late or never. */
  readonly ended: Promise<never>;
}

/** Watches one start of a stack. @param during what is going on, for the message */
export function watchParts(during: string): PartWatch {
  let fail: (error: CommandError) => void;
  const ended = new Promise<never>((_, reject) => {
    fail = reject;
  });
  ended.catch(() => undefined);
  return {
    ended,
    onExit: (part, exit) => fail(new CommandError(exitCodes.io, `${part} ended during ${during} (${exit}).`)),
  };
}
