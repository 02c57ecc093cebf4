import { durablesOf, type Durable, type StreamName } from '@touchstone/contracts';
import {
  type ConsumerConfig,
  type JetStreamManager,
  type StreamConfig,
  type StreamInfo,
} from '@nats-io/jetstream';
import { isNotFound } from '../nats-errors.js';
import { consumerConfig, streamConfig, type ProvisionOptions } from './stream-config.js';

/** What became of one stream or durable. */
export interface PutOutcome {
  readonly name: string;
  readonly outcome: 'created' | 'updated' | 'unchanged';
}

/** The subject of a stream that is not open yet; nobody may publish it. */
function closedSubject(name: StreamName): string {
  return `provisioning.${name}`;
}

/**
 * Makes a stream with its durables, or changes what differs. A stream that keeps events until they are read drops
 * what is published before anybody reads, and services may be running: therefore it gets its subjects last. Until then
 * no stream answers a publication, and the publisher keeps the event.
 *
 * The stream of requests to replay is made open: its durables have filters, which servers take only for subjects that
 * the stream has, and an operator sees that a request had no effect.
 */
export async function putStream(
  jsm: JetStreamManager,
  name: StreamName,
  present: StreamInfo | undefined,
  options: ProvisionOptions,
): Promise<PutOutcome[]> {
  const wanted = streamConfig(name, options);
  const own = durablesOf(name).map((durable) => ({ durable, config: consumerConfig(durable, options) }));
  const opensLast = own.length > 0 && own.every(({ config }) => config.filter_subject === undefined);
  const outcomes: PutOutcome[] = [];
  if (!opensLast) outcomes.push(await putOpen(jsm, name, present, wanted));
  else if (present === undefined) await jsm.streams.add({ ...wanted, subjects: [closedSubject(name)] });
  for (const { durable, config } of own) outcomes.push(await putDurable(jsm, durable, config));
  if (!opensLast) return outcomes;
  const opened = present === undefined || !contains(present.config, wanted);
  if (opened) await jsm.streams.update(name, wanted);
  const changed = opened ? 'updated' : 'unchanged';
  return [{ name, outcome: present === undefined ? 'created' : changed }, ...outcomes];
}

async function putOpen(
  jsm: JetStreamManager,
  name: StreamName,
  present: StreamInfo | undefined,
  wanted: Partial<StreamConfig> & { name: string },
): Promise<PutOutcome> {
  if (present === undefined) {
    await jsm.streams.add(wanted);
    return { name, outcome: 'created' };
  }
  if (contains(present.config, wanted)) return { name, outcome: 'unchanged' };
  await jsm.streams.update(name, wanted);
  return { name, outcome: 'updated' };
}

async function putDurable(
  jsm: JetStreamManager,
  { name, stream }: Durable,
  wanted: Partial<ConsumerConfig>,
): Promise<PutOutcome> {
  try {
    const { config } = await jsm.consumers.info(stream, name);
    if (contains(config, wanted)) return { name, outcome: 'unchanged' };
  } catch (error) {
    if (!isNotFound(error)) throw error;
    await jsm.consumers.add(stream, wanted);
    return { name, outcome: 'created' };
  }
  await jsm.consumers.update(stream, name, wanted);
  return { name, outcome: 'updated' };
}

/** True when every wanted field already has its value; the server adds fields of its own. */
function contains(actual: object, wanted: object): boolean {
  const fields = actual as Record<string, unknown>;
  return Object.entries(wanted).every(
    // Servers leave out what is false.
    ([key, value]) => JSON.stringify(fields[key] ?? false) === JSON.stringify(value),
  );
}
