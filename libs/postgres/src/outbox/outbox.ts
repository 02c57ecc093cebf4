import { AppError, eventSchemas, findingsOf, type EventBody, type EventSubject } from '@touchstone/contracts';
import { injectTrace } from '@touchstone/platform/observability';
import type { DataSource, EntityManager, EntitySubscriberInterface, QueryRunner } from 'typeorm';
import { connectionOf } from '../data-source.js';
import { uuidV7 } from '../uuid-v7.js';

/** Largest encoded event in bytes, below the 1 MiB that a NATS server takes. */
export const OUTBOX_PAYLOAD_BYTES_MAX = 1_000_000;

/** One event for {@link Outbox.appendMany}. */
export type OutboxEvent = {
  [S in EventSubject]: {
    readonly subject: S;
    readonly body: EventBody<S>;
    /** Headers of the request that caused this one of several events. */
    readonly traceHeaders?: Readonly<Record<string, string>>;
  };
}[EventSubject];

/** Options of an append. */
export interface AppendOptions {
  /** Headers that carry the trace; those of the running span when left out. */
  readonly traceHeaders?: Readonly<Record<string, string>>;
}

/** The part of a relay that the outbox wakes. */
export interface OutboxWaker {
  /** True while the relay of this process is the active one of the schema. */
  readonly active: boolean;
  poke(): void;
}

/** The name of the channel on which other processes tell the active relay of a schema about new rows. */
export function outboxChannel(schema: string): string {
  return `outbox_${schema}`;
}

/**
 * The transactional outbox: an event becomes durable in the transaction that caused it. After the commit the relay of
 * this process is woken at once; when another process holds the active relay, it is notified.
 */
export class Outbox {
  private readonly table: string;
  private readonly channel: string;
  private readonly wakers: OutboxWaker[] = [];
  private readonly touched = new WeakSet<QueryRunner>();

  constructor(dataSource: DataSource) {
    const { schema } = connectionOf(dataSource);
    this.table = `${schema}.outbox`;
    this.channel = outboxChannel(schema);
    const subscriber: EntitySubscriberInterface = {
      afterTransactionCommit: ({ queryRunner }) => this.committed(queryRunner),
    };
    dataSource.subscribers.push(subscriber);
  }

  /** Connects the relay of this process. */
  wakes(relay: OutboxWaker): void {
    this.wakers.push(relay);
  }

  /**
   * Writes one event.
   *
   * @returns the message id, which becomes `Nats-Msg-Id`
   * @throws AppError `internal` when the body does not fit the schema of its subject, which is our mistake and must
   * roll the transaction back
   */
  async append<S extends EventSubject>(
    target: EntityManager | QueryRunner,
    subject: S,
    body: EventBody<S>,
    options: AppendOptions = {},
  ): Promise<string> {
    const [messageId] = await this.insert(target, [{ subject, body }], options);
    return messageId as string;
  }

  /** Writes several events in one statement, in order. */
  appendMany(
    target: EntityManager | QueryRunner,
    events: readonly OutboxEvent[],
    options: AppendOptions = {},
  ): Promise<string[]> {
    return this.insert(target, events, options);
  }

  private async insert(
    target: EntityManager | QueryRunner,
    events: readonly {
      subject: EventSubject;
      body: unknown;
      traceHeaders?: Readonly<Record<string, string>>;
    }[],
    { traceHeaders = injectTrace() }: AppendOptions,
  ): Promise<string[]> {
    if (events.length === 0) return [];
    const runner = 'queryRunner' in target ? target.queryRunner : (target as QueryRunner);
    if (!runner?.isTransactionActive)
      throw new Error('Outbox.append needs the transaction that causes the event.');
    const payloads = events.map(({ subject, body }) => encode(subject, body));
    const ids = events.map(() => uuidV7());
    // WITH ORDINALITY keeps the ids of the rows in the order of the events.
    await runner.query(
      `INSERT INTO ${this.table} (message_id, subject, headers, payload)
       SELECT message_id, subject, headers::jsonb, payload
       FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::text[])
         WITH ORDINALITY AS event (message_id, subject, payload, headers, place)
       ORDER BY place`,
      [
        ids,
        events.map(({ subject }) => subject),
        payloads,
        events.map((event) => JSON.stringify(event.traceHeaders ?? traceHeaders)),
      ],
    );
    await this.announce(runner);
    return ids;
  }

  /** NOTIFY serialises the commits of a database, so it is sent only when the active relay is elsewhere. */
  private async announce(runner: QueryRunner): Promise<void> {
    if (this.touched.has(runner)) return;
    this.touched.add(runner);
    if (this.wakers.some(({ active }) => active)) return;
    await runner.query(`SELECT pg_notify($1, '')`, [this.channel]);
  }

  private committed(runner: QueryRunner): void {
    // The end of a savepoint is no commit.
    if (runner.isTransactionActive || !this.touched.delete(runner)) return;
    for (const waker of this.wakers) waker.poke();
  }
}

function encode(subject: EventSubject, body: unknown): Buffer {
  const result = eventSchemas[subject].safeParse(body);
  if (!result.success) {
    const details = findingsOf(result.error);
    throw new AppError('internal', `An event ${subject} does not fit its schema; see details.`, { details });
  }
  const payload = Buffer.from(JSON.stringify(result.data));
  if (payload.length > OUTBOX_PAYLOAD_BYTES_MAX)
    throw new AppError(
      'internal',
      `An event ${subject} has ${payload.length} bytes, at most ${OUTBOX_PAYLOAD_BYTES_MAX} are sent.`,
    );
  return payload;
}
