import { listAdvisories, type Advisory } from '@touchstone/nats';
import { exitCodes, type ExitCode } from '../exit-codes.js';
import { asOperator } from '../stack/operator.js';
import { printableLine } from '../terminal/printable.js';
import { table } from '../terminal/style.js';

interface AdvisoriesOptions {
  readonly state: string;
  readonly json: boolean;
  readonly limit: number;
  readonly from?: number;
}

/** `touchstone dlq advisories`. */
export async function advisoriesCommand(options: AdvisoriesOptions): Promise<ExitCode> {
  const page = await asOperator(options.state, ({ nc }) => listAdvisories(nc, options));
  if (options.json) {
    const { advisories, next = null } = page;
    process.stdout.write(`${JSON.stringify({ advisories, next }, null, 2)}\n`);
    return exitCodes.ok;
  }
  if (page.advisories.length === 0) process.stdout.write('No advisories.\n');
  else process.stdout.write(`${table([HEAD, ...page.advisories.map(row)])}\n`);
  if (page.next !== undefined) process.stdout.write(`More: --from ${page.next}\n`);
  return exitCodes.ok;
}

const HEAD = ['SEQ', 'AT', 'KIND', 'CONSUMER', 'STREAM', 'MESSAGE', 'TRIES', 'DEAD LETTER'];

function row(advisory: Advisory): string[] {
  const { sequence, at, kind, consumer, stream, streamSequence, deliveries, hasDeadLetter } = advisory;
  return [
    String(sequence),
    at,
    kind,
    printableLine(consumer),
    printableLine(stream),
    String(streamSequence),
    String(deliveries),
    hasDeadLetter ? 'yes' : 'no',
  ];
}
