import { parseArgs } from 'node:util';
import { faults } from './faults/index.js';
import type { Fault } from './faults/fault.js';

/** Inferences of a whole run, and of the short one. */
export const INFERENCES_DEFAULT = 200;
export const INFERENCES_SHORT = 64;
/** More would outlast the payer's purse and the patience of whoever waits. */
export const INFERENCES_MAX = 5_000;
/** Callers at once. */
const CALLERS = 4;
const ROUNDS = 2;
/** Five blocks lie on one that holds a transaction: that many confirmations come without further payments. */
export const CONFIRMATIONS_MAX = 5;

export const usage = `Runs paid inferences on the embedded stack while its parts fail, and checks that nothing that was
acknowledged is lost and nothing is there twice.

  npm run test:faults -- [options]

  --short            ${INFERENCES_SHORT} inferences, each fault once; every fault gets at least four
  --inferences N     how many in all (default ${INFERENCES_DEFAULT})
  --only TEXT        only faults whose name contains TEXT; may be given more than once
  --confirmations N  blocks that must hold a payment before it counts (default 1)
  --seed N           repeats the choices of an earlier run
  --json             the report as JSON on standard output
  --keep             keeps the stack's folder also when everything held
  --list             the faults, without running any

Exit codes: 0 nothing lost, nothing doubled and every check held; 1 something did not hold; 2 usage; 4 the run itself failed.`;

/** What a run is made of. */
export interface Options {
  readonly inferences: number;
  readonly faults: readonly Fault[];
  readonly seed: number;
  readonly callers: number;
  readonly rounds: number;
  readonly confirmations: number;
  readonly json: boolean;
  readonly keep: boolean;
}

/** Wrong use of the command line. */
export class UsageError extends Error {}

/** Reads the command line; a text is printed instead of running. @throws UsageError */
export function readOptions(args: readonly string[]): Options | { readonly print: string } {
  const { values } = parse(args);
  if (values.help) return { print: usage };
  if (values.list) return { print: faults.map(({ name, title }) => `${name.padEnd(26)}${title}`).join('\n') };
  const wanted = (values.only ?? []).map((text) => text.toLowerCase());
  const chosen = faults.filter(
    ({ name }) => wanted.length === 0 || wanted.some((text) => name.includes(text)),
  );
  if (chosen.length === 0)
    throw new UsageError(`No fault is called ${values.only?.join(', ')}; --list names them.`);
  const inferences = integer('--inferences', values.inferences, INFERENCES_MAX);
  return {
    inferences: inferences ?? (values.short ? INFERENCES_SHORT : INFERENCES_DEFAULT),
    faults: chosen,
    seed: integer('--seed', values.seed, 0xffff_ffff) ?? Math.floor(Math.random() * 0xffff_ffff),
    callers: CALLERS,
    rounds: values.short ? 1 : ROUNDS,
    confirmations: integer('--confirmations', values.confirmations, CONFIRMATIONS_MAX) ?? 1,
    json: values.json ?? false,
    keep: values.keep ?? false,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        short: { type: 'boolean' },
        inferences: { type: 'string' },
        only: { type: 'string', multiple: true },
        seed: { type: 'string' },
        confirmations: { type: 'string' },
        json: { type: 'boolean' },
        keep: { type: 'boolean' },
        list: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function integer(name: string, text: string | undefined, max: number): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= 1 && value <= max))
    throw new UsageError(`${name} ${text}: expected a number from 1 to ${max}.`);
  return value;
}

/** Divides the inferences among the faults by weight, at least four each so that several are in flight at once. */
export function shares(inferences: number, chosen: readonly Pick<Fault, 'weight'>[]): number[] {
  const MIN = 4;
  const total = chosen.reduce((sum, { weight }) => sum + weight, 0);
  const counts = chosen.map(({ weight }) => Math.max(MIN, Math.floor((inferences * weight) / total)));
  for (let place = 0; counts.reduce((sum, count) => sum + count, 0) < inferences; place++)
    counts[place % counts.length] = (counts[place % counts.length] ?? 0) + 1;
  return counts;
}
