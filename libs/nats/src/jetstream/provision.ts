import { streams, type StreamName } from '@touchstone/contracts';
import { jetstreamManager, type JetStreamManager, type StreamInfo } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { isNotFound, toAppError } from '../nats-errors.js';
import { putStream, type PutOutcome } from './put-stream.js';
import { removeStreams, type UnreadOfStream } from './recreate-streams.js';
import { assertNothingDropped } from './shrink-check.js';
import type { ProvisionOptions } from './stream-config.js';
import { assertStorage } from './storage-check.js';

/** What {@link provision} did, by name. */
export interface ProvisionReport {
  readonly created: readonly string[];
  readonly updated: readonly string[];
  readonly unchanged: readonly string[];
  /** Streams that were made again although something in them was unread; `republish` brings it back. */
  readonly unread: readonly UnreadOfStream[];
}

/**
 * Creates or updates every stream and durable that contracts declares; running it again changes nothing. What
 * is no longer declared stays, because deleting it could lose messages. Needs the user `provisioner`.
 *
 * Nothing is made before it is known that the server has room for all of it, and no stream takes events before its
 * durables are there.
 *
 * @throws AppError `forbidden` for another user, `conflict` for streams that have to be made again or would drop what
 * is unread, `dependency-unavailable` when the server refuses or has no room.
 */
export async function provision(
  nc: NatsConnection,
  options: ProvisionOptions = {},
): Promise<ProvisionReport> {
  const jsm = await jetstreamManager(nc, { checkAPI: false });
  const names = Object.keys(streams) as StreamName[];
  const present = await lookAt(jsm, names);
  await assertStorage(jsm, present, options);
  assertNothingDropped(present, options);
  const unread = await removeStreams(jsm, present, options);
  const outcomes: PutOutcome[] = [];
  for (const name of names) {
    try {
      outcomes.push(...(await putStream(jsm, name, present.get(name), options)));
    } catch (error) {
      throw toAppError(error, `Provisioning stream ${name}`);
    }
  }
  const of = (wanted: PutOutcome['outcome']): string[] =>
    outcomes.filter(({ outcome }) => outcome === wanted).map(({ name }) => name);
  return { created: of('created'), updated: of('updated'), unchanged: of('unchanged'), unread };
}

async function lookAt(
  jsm: JetStreamManager,
  names: readonly StreamName[],
): Promise<Map<StreamName, StreamInfo>> {
  const present = new Map<StreamName, StreamInfo>();
  for (const name of names) {
    try {
      present.set(name, await jsm.streams.info(name));
    } catch (error) {
      if (!isNotFound(error)) throw toAppError(error, `Looking at stream ${name}`);
    }
  }
  return present;
}
