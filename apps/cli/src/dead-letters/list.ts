import { listDeadLetters, type DeadLetter } from '@touchstone/nats';
import { exitCodes, type ExitCode } from '../exit-codes.js';
import { asOperator } from '../stack/operator.js';
import { printableLine } from '../terminal/printable.js';
import { table } from '../terminal/style.js';
import type { LetterFilter } from './letter-filter.js';

interface ListOptions extends LetterFilter {
  readonly state: string;
  readonly json: boolean;
  readonly replayed: boolean;
  readonly limit: number;
  readonly from?: number;
}

/** `touchstone dlq list`. */
export async function listCommand(options: ListOptions): Promise<ExitCode> {
  const page = await asOperator(options.state, ({ nc }) => listDeadLetters(nc, options));
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ letters: page.letters, next: page.next ?? null }, null, 2)}\n`);
    return exitCodes.ok;
  }
  if (page.letters.length === 0) process.stdout.write('No dead letters.\n');
  else process.stdout.write(`${table([HEAD, ...page.letters.map(row)])}\n`);
  if (page.next !== undefined) process.stdout.write(`More: --from ${page.next}\n`);
  return exitCodes.ok;
}

const HEAD = ['SEQ', 'BURIED AT', 'CONSUMER', 'SUBJECT', 'TRIES', 'CODE', 'REASON'];

function row(letter: DeadLetter): string[] {
  const { sequence, buriedAt, durable, originalSubject, deliveries, code, reason, replayedAt } = letter;
  const ended = replayedAt === undefined ? undefined : `replayed ${replayedAt}`;
  return [
    String(sequence),
    buriedAt,
    printableLine(durable),
    printableLine(originalSubject),
    ended === undefined ? String(deliveries) : '',
    printableLine(code),
    ended ?? printableLine(reason),
  ];
}
