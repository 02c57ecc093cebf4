import { durables, replayDurable, streams, type Durable, type StreamName } from '@touchstone/contracts';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { isNotFound, toAppError } from '../nats-errors.js';
import { consumerConfig, streamConfig, type ProvisionOptions } from './stream-config.js';

/** What {@link provision} did, by name. */
export interface ProvisionReport {
  readonly created: readonly string[];
  readonly updated: readonly string[];
  readonly unchanged: readonly string[];
}

type Outcome = 'created' | 'updated' | 'unchanged';

/**
 * Creates or updates every stream and durable that contracts declares; running it again changes nothing. What
 * is no longer declared stays, because deleting it could lose messages. Needs the user `provisioner`.
 *
 * @throws AppError `forbidden` for another user, `dependency-unavailable` when the server refuses.
 */
export async function provision(
  nc: NatsConnection,
  options: ProvisionOptions = {},
): Promise<ProvisionReport> {
  const report: Record<Outcome, string[]> = { created: [], updated: [], unchanged: [] };
  const jsm = await jetstreamManager(nc, { checkAPI: false });
  for (const name of Object.keys(streams) as StreamName[]) {
    try {
      report[await putStream(jsm, name, options)].push(name);
    } catch (error) {
      throw toAppError(error, `Provisioning stream ${name}`);
    }
  }
  for (const durable of durables.flatMap((durable) => [durable, replayDurable(durable)])) {
    try {
      report[await putConsumer(jsm, durable, options)].push(durable.name);
    } catch (error) {
      throw toAppError(error, `Provisioning durable ${durable.name}`);
    }
  }
  return report;
}

/** True when every wanted field already has its value; the server adds fields of its own. */
function contains(actual: object, wanted: object): boolean {
  const fields = actual as Record<string, unknown>;
  return Object.entries(wanted).every(
    ([key, value]) => JSON.stringify(fields[key]) === JSON.stringify(value),
  );
}

async function putStream(
  jsm: JetStreamManager,
  name: StreamName,
  options: ProvisionOptions,
): Promise<Outcome> {
  const wanted = streamConfig(name, options);
  try {
    const { config } = await jsm.streams.info(name);
    if (contains(config, wanted)) return 'unchanged';
  } catch (error) {
    if (!isNotFound(error)) throw error;
    await jsm.streams.add(wanted);
    return 'created';
  }
  await jsm.streams.update(name, wanted);
  return 'updated';
}

async function putConsumer(
  jsm: JetStreamManager,
  durable: Durable,
  options: ProvisionOptions,
): Promise<Outcome> {
  const wanted = consumerConfig(durable, options);
  try {
    const { config } = await jsm.consumers.info(durable.stream, durable.name);
    if (contains(config, wanted)) return 'unchanged';
  } catch (error) {
    if (!isNotFound(error)) throw error;
    await jsm.consumers.add(durable.stream, wanted);
    return 'created';
  }
  await jsm.consumers.update(durable.stream, durable.name, wanted);
  return 'updated';
}
