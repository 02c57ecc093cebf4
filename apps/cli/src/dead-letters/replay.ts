import {
  deadLetterState,
  listDeadLetters,
  replayDeadLetter,
  showDeadLetter,
  type DeadLetter,
  type DeadLetterState,
  type Mesh,
} from '@touchstone/nats';
import { CommandError, exitCodes, type ExitCode } from '../exit-codes.js';
import { asOperator } from '../stack/operator.js';
import { confirm } from '../terminal/confirm.js';
import { printableLine } from '../terminal/printable.js';
import type { LetterFilter } from './letter-filter.js';

/** Milliseconds between two looks at what became of a dead letter. */
const OUTCOME_POLL_MS = 100;

interface ReplayOptions extends LetterFilter {
  readonly state: string;
  readonly json: boolean;
  readonly all: boolean;
  readonly yes: boolean;
  /** Seconds. */
  readonly wait: number;
}

interface Replayed {
  readonly sequence: number;
  readonly outcome: DeadLetterState;
}

/** `touchstone dlq replay`. */
export async function replayCommand(sequence: number | undefined, options: ReplayOptions): Promise<ExitCode> {
  if ((sequence === undefined) === !options.all)
    throw new CommandError(exitCodes.usage, 'Name one dead letter, or all of them with --all.');
  return await asOperator(options.state, async ({ nc }) => {
    const letters =
      sequence === undefined ? await allLetters(nc, options) : [await showDeadLetter(nc, sequence)];
    const question = `Replay ${letters.length} dead letters?`;
    if (options.all && letters.length > 0 && !options.yes && !(await confirm(question)))
      throw new CommandError(exitCodes.usage, 'Nothing was replayed; --yes replays without asking.');
    const results = await replayLetters(nc, letters, options.wait * 1_000);
    report(results, options.json);
    return exitCodeOf(results);
  });
}

/** Those that wait now; what a consumer gives up on again comes behind them and is not taken twice. */
async function allLetters(nc: Mesh['nc'], filter: LetterFilter): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = [];
  let from: number | undefined = 1;
  while (from !== undefined) {
    const page = await listDeadLetters(nc, { ...filter, from });
    letters.push(...page.letters.filter(({ bodyOmitted }) => !bodyOmitted));
    from = page.next;
  }
  return letters;
}

/** Asks for all first and looks afterwards, so that the consumers work meanwhile. */
async function replayLetters(
  nc: Mesh['nc'],
  letters: readonly DeadLetter[],
  waitMs: number,
): Promise<Replayed[]> {
  for (const letter of letters) await replayDeadLetter(nc, letter);
  const deadlineMs = Date.now() + waitMs;
  const results: Replayed[] = [];
  for (const letter of letters) {
    let outcome = await deadLetterState(nc, letter);
    while (outcome.state === 'waiting' && Date.now() < deadlineMs) {
      await new Promise((resolve) => setTimeout(resolve, OUTCOME_POLL_MS));
      outcome = await deadLetterState(nc, letter);
    }
    results.push({ sequence: letter.sequence, outcome });
  }
  return results;
}

function report(results: readonly Replayed[], json: boolean): void {
  if (json) {
    const letters = results.map(({ sequence, outcome }) => ({ letter: sequence, ...outcome }));
    process.stdout.write(`${JSON.stringify({ letters }, null, 2)}\n`);
    return;
  }
  for (const { sequence, outcome } of results) process.stdout.write(`${sequence}  ${describe(outcome)}\n`);
  if (results.length === 0) process.stdout.write('No dead letters.\n');
}

function describe(outcome: DeadLetterState): string {
  switch (outcome.state) {
    case 'replayed':
      return `taken at ${outcome.replayedAt}`;
    case 'buried-again':
      return printableLine(`given up again as ${outcome.sequence}: ${outcome.code}: ${outcome.reason}`);
    case 'gone':
      return 'gone: it was too old';
    default:
      return 'asked for and not taken yet; its consumer tries on, and touchstone dlq list shows the end';
  }
}

function exitCodeOf(results: readonly Replayed[]): ExitCode {
  const any = (state: DeadLetterState['state']): boolean =>
    results.some(({ outcome }) => outcome.state === state);
  if (any('buried-again') || any('gone')) return exitCodes.invalid;
  return any('waiting') ? exitCodes.pending : exitCodes.ok;
}
