import { events, services, type ServiceName } from '@touchstone/contracts';
import { serviceDatabaseUrl } from '@touchstone/embedded';
import { readSelection, republish, type RepublishSelection } from '@touchstone/postgres';
import { CommandError, exitCodes, type ExitCode } from '../exit-codes.js';
import { orCommandError } from '../or-command-error.js';
import { readSecret } from '../stack/read-secret.js';
import { requireStack } from '../stack/running-stack.js';
import { table } from '../terminal/style.js';

interface RepublishOptions {
  readonly state: string;
  readonly json: boolean;
  readonly since?: string;
  readonly message?: string;
  readonly service?: string;
  readonly dryRun: boolean;
}

/** Services that publish events, each from an outbox of its own. */
const publishers: readonly ServiceName[] = [
  ...new Set(Object.values(events).map(({ publisher }) => publisher)),
];

/** `touchstone republish`. */
export async function republishCommand(options: RepublishOptions): Promise<ExitCode> {
  const selection = selectionOf(options);
  const chosen = publishersOf(options.service);
  const { postgres } = requireStack(options.state);
  const counts: Record<string, number> = {};
  for (const service of chosen) {
    const password = readSecret(options.state, service, 'DATABASE_PASSWORD');
    const database = {
      url: serviceDatabaseUrl(postgres.port, service, password),
      schema: services[service].schema,
      applicationName: 'touchstone',
    };
    counts[service] = await orCommandError(() => republish(database, selection, options.dryRun));
  }
  report(counts, options);
  const found = Object.values(counts).some((count) => count > 0);
  if (found || !('messageId' in selection)) return exitCodes.ok;
  throw new CommandError(
    exitCodes.io,
    `No event ${selection.messageId} was published in the last seven days.`,
  );
}

function selectionOf(options: RepublishOptions): RepublishSelection {
  try {
    return readSelection(options, Date.now());
  } catch (error) {
    throw new CommandError(exitCodes.usage, error instanceof Error ? error.message : String(error));
  }
}

function publishersOf(service: string | undefined): readonly ServiceName[] {
  if (service === undefined) return publishers;
  const found = publishers.find((name) => name === service);
  if (found !== undefined) return [found];
  throw new CommandError(
    exitCodes.usage,
    `${service} publishes no events; those that do: ${publishers.join(', ')}.`,
  );
}

function report(counts: Readonly<Record<string, number>>, { json, dryRun }: RepublishOptions): void {
  if (json) process.stdout.write(`${JSON.stringify({ dryRun, events: counts }, null, 2)}\n`);
  else {
    const head = [
      'SERVICE',
      dryRun ? 'EVENTS THAT WOULD BE PUBLISHED AGAIN' : 'EVENTS TO BE PUBLISHED AGAIN',
    ];
    const rows = Object.entries(counts).map(([service, count]) => [service, String(count)]);
    process.stdout.write(`${table([head, ...rows])}\n`);
  }
}
