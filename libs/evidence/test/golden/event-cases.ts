import type { JsonObject } from '@touchstone/canonical-json';
import { eventBatchFormats, formatBatchTime, type EventBatchFormat } from '@touchstone/event-batch';
import type { EventBundle, TrustFile } from '../../src/index.js';
import { BATCH_ID, eventFixture, eventKey, eventOf, type EventFixtureOptions } from '../event-fixture.js';
import { SIGNED_AT_SECONDS } from '../log-and-chain.js';
import { entryCases, noteCases, treeCases } from './event-proof-cases.js';
import type { GoldenCase } from './golden-case.js';

/** Makes cases of one format. */
export interface EventCases {
  readonly format: EventBatchFormat;
  /** The bundle of a fixture with its trust file, and what a case changes in them. */
  make(
    name: string,
    options?: Omit<EventFixtureOptions, 'format'>,
    change?: (bundle: EventBundle) => unknown,
    distrust?: (trust: TrustFile) => TrustFile | null,
  ): Promise<GoldenCase>;
}

const same = <Value>(value: Value): Value => value;

function casesOf(format: EventBatchFormat): EventCases {
  return {
    format,
    async make(name, options = {}, change = same, distrust = same) {
      const { bundle, trust } = await eventFixture({ format, ...options });
      return { name: `${format}: ${name}`, input: { bundle: change(bundle), trust: distrust(trust) } };
    },
  };
}

/** Bundles about events of signed batches. */
export async function eventEvidenceCases(): Promise<GoldenCase[]> {
  const cases = eventBatchFormats
    .map(casesOf)
    .flatMap((of) => [
      ...labelCases(of),
      ...keyCases(of),
      ...subjectCases(of),
      ...treeCases(of),
      ...entryCases(of),
      ...(of.format === 'event-batch-v2' ? noteCases(of) : []),
    ]);
  return Promise.all(cases);
}

const keyed =
  (changes: Partial<TrustFile['keys'][number]>) =>
  (trust: TrustFile): TrustFile => ({ ...trust, keys: [{ ...eventKey, ...changes }] });

function labelCases({ make }: EventCases): Promise<GoldenCase>[] {
  const unchanged = [{}, same] as const;
  return [
    make('L2'),
    make('L2 of the first event', { leafIndex: 0 }),
    make('L2 of an event alone in its batch', { events: [eventOf('a')], leafIndex: 0 }),
    make('L2-test on a test network', { test: true }),
    make('L1 without an anchor', { anchored: false }),
    make('L0 without a trust file', ...unchanged, () => null),
    make('L0 when the key is not trusted', ...unchanged, (trust) => ({ ...trust, keys: [] })),
    make('L1 when no block hash is trusted', ...unchanged, (trust) => ({
      ...trust,
      chains: trust.chains.map((chain) => ({ ...chain, blocks: [] })),
    })),
    make('L1 when the log is not trusted', ...unchanged, (trust) => ({ ...trust, logs: [] })),
    make('L2 of a batch declared an hour and more before its anchor', {
      atMs: (SIGNED_AT_SECONDS - 4_000) * 1_000,
    }),
  ];
}

function keyCases({ make, format }: EventCases): Promise<GoldenCase>[] {
  const long = Date.parse('2026-05-01T00:00:00Z');
  const under = (name: string, changes: Partial<TrustFile['keys'][number]>, atMs?: number) =>
    make(name, atMs === undefined ? {} : { atMs }, same, keyed(changes));
  const { name: _name, ...nameless } = eventKey;
  return [
    under('a retired key', { status: 'retired', not_after: '2026-05-02T00:00:00Z' }, long),
    under('a key that ended before', { status: 'retiring', not_after: '2026-05-30T00:00:00Z' }),
    under('a key that began later', { not_before: '2026-06-01T11:30:00Z' }),
    under('a revoked key', {
      status: 'revoked',
      revoked_at: '2026-05-02T00:00:00Z',
      compromised_since: '2026-05-01T00:00:00Z',
    }),
    under('a revoked key, anchored before the theft', {
      status: 'revoked',
      revoked_at: '2026-06-01T11:59:00Z',
      compromised_since: '2026-06-01T11:30:00Z',
    }),
    under('a key that was revoked without a time of the theft', {
      status: 'revoked',
      revoked_at: '2026-06-01T11:59:00Z',
    }),
    under('a batch of the future', {}, Date.parse('2026-06-01T12:05:01Z')),
    under('a batch within the clock difference', {}, Date.parse('2026-06-01T12:05:00Z')),
    under('a key of another use', { use: 'checkpoint' }),
    under('a key of another use and algorithm', {
      use: 'output',
      alg: 'ES256K',
      public_key: '02989c0b76cb563971fdc9bef31ec06c3560f3249d6ee9e5d83c57625596e05f6f',
      domains: ['model-output-v1'],
    }),
    under('another key of this kid', {
      public_key: '8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c',
    }),
    under('a key with another name', { name: 'other.example' }),
    under('a key with a name that no note can have', { name: 'with\u0000control' }),
    make(
      `a key without a name, which ${format} ${format === 'event-batch-v1' ? 'does without' : 'needs'}`,
      {},
      same,
      (trust) => ({
        ...trust,
        keys: [nameless],
      }),
    ),
  ];
}

function subjectCases({ make, format }: EventCases): Promise<GoldenCase>[] {
  const withEvent = (name: string, change: (event: JsonObject) => unknown) =>
    make(name, { leafIndex: 1 }, (bundle) => ({
      ...bundle,
      subject: { kind: 'event', event: change(bundle.subject.event) },
    }));
  const withBatch = (name: string, changes: object) =>
    make(name, {}, (bundle) => ({ ...bundle, batch: { ...bundle.batch, ...changes } }));
  // Exactly as long as two hashes.
  const of64Bytes: JsonObject = { id: 'z', x: 'x'.repeat(64 - '{"id":"z","x":""}'.length) };
  const events = [...['a', 'b', 'c', 'd'].map(eventOf), of64Bytes];
  const other = format === 'event-batch-v1' ? 'event-batch-v2' : 'event-batch-v1';
  const second = formatBatchTime(format, (SIGNED_AT_SECONDS + 1) * 1_000);
  return [
    withEvent('the event was edited', (event) => ({ ...event, total: 91.5 })),
    make('the last event, which has no neighbour, was edited', {}, (bundle) => ({
      ...bundle,
      subject: { kind: 'event', event: eventOf('f') },
    })),
    withEvent('another event of the batch', () => eventOf('a')),
    withEvent('an event with numbers added', (event) => ({
      ...event,
      more: [1e-7, 0.5, 1e15],
    })),
    make('fractions, exponents and characters beyond ASCII', {
      events: [
        { id: 'é\u{1f600}', salt: '\u007f\u2028', numbers: [1e-7, 0.000001, 1.5e-300, -2.25, 1e15, 5e-324] },
      ],
      leafIndex: 0,
    }),
    make('a member named __proto__', {
      events: [JSON.parse('{"id":"a","__proto__":{"admin":true}}') as JsonObject],
      leafIndex: 0,
    }),
    withEvent('an event without an id', ({ id: _id, ...event }) => event),
    withEvent('an id that is no text', (event) => ({ ...event, id: 5 })),
    withEvent('an empty id', (event) => ({ ...event, id: '' })),
    withEvent('an id of 129 bytes', (event) => ({ ...event, id: `${'é'.repeat(64)}x` })),
    withEvent('a list as event', (event) => [event]),
    format === 'event-batch-v1'
      ? withEvent('an event of exactly 64 bytes', () => of64Bytes)
      : make('an event of exactly 64 bytes', { events }),
    withBatch('re-dated', { batchTs: second }),
    withBatch('a time that does not exist', { batchTs: second.replace('06-01', '02-30') }),
    withBatch('a time of the other format', { batchTs: formatBatchTime(other, SIGNED_AT_SECONDS * 1_000) }),
    withBatch('another format', { format: other }),
    withBatch('another key id', { kid: 'batch-2' }),
    make('a context, as an output has it', {}, (bundle) => ({
      ...bundle,
      subject: { ...bundle.subject, context: {} },
    })),
    make('an unknown member', {}, (bundle) => ({ ...bundle, commitment: null })),
    make('no batch', {}, ({ batch: _batch, ...bundle }) => bundle),
    make('another place in the log', {}, (bundle) => ({
      ...bundle,
      logProofs: bundle.logProofs.map((proof) => ({ ...proof, leafIndex: '5' })),
    })),
    make('the entry of a batch with another id', { entry: { batchId: BATCH_ID.replace(/1$/, '2') } }),
  ];
}
