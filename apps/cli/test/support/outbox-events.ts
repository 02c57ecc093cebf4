import { services, type EventSubject, type ServiceName } from '@touchstone/contracts';
import type { RunningStack } from '@touchstone/embedded';
import { DATABASE_NAME } from '@touchstone/embedded';
import pg from 'pg';

/** One event as its publisher keeps it; streams drop what was read. */
export interface OutboxEventRow {
  readonly subject: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: Uint8Array;
}

/** The events of one service of a running stack, in their order, from its outbox. */
export async function readOutbox(stack: RunningStack, service: ServiceName): Promise<OutboxEventRow[]> {
  const url = new URL(stack.superuserUrl);
  url.pathname = `/${DATABASE_NAME}`;
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    const { schema } = services[service];
    const { rows } = await client.query<OutboxEventRow>(
      `SELECT subject, headers, payload FROM ${schema}.outbox ORDER BY id`,
    );
    return rows;
  } finally {
    await client.end();
  }
}

/** The bodies of the events of one subject. */
export async function readPublished<T>(
  stack: RunningStack,
  service: ServiceName,
  subject: EventSubject,
): Promise<T[]> {
  const rows = await readOutbox(stack, service);
  return rows
    .filter((row) => row.subject === subject)
    .map(({ payload }) => JSON.parse(new TextDecoder().decode(payload)) as T);
}
