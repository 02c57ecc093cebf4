import { AppError, type DurableName, type StreamName } from '@touchstone/contracts';
import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { isNotFound, toAppError } from '../nats-errors.js';
import { findDurable } from './stream-config.js';

/** What a service needs to exist before it starts. */
export interface ProvisionedNames {
  /** Streams it publishes to or reads. */
  readonly streams?: readonly StreamName[];
  /** Its own durables; the server shows it no others. */
  readonly durables?: readonly DurableName[];
}

/**
 * Checks that streams and durables exist; a service never creates them.
 *
 * @throws AppError `dependency-unavailable` that names what is missing and says to run `nats-provision`;
 * `forbidden` for a durable of another service.
 */
export async function assertProvisioned(nc: NatsConnection, names: ProvisionedNames): Promise<void> {
  const jsm = await jetstreamManager(nc, { checkAPI: false });
  const missing: string[] = [];
  for (const stream of names.streams ?? []) {
    await look(missing, `stream ${stream}`, () => jsm.streams.info(stream));
  }
  for (const name of names.durables ?? []) {
    const durable = findDurable(name);
    if (durable !== undefined)
      await look(missing, `durable ${name}`, () => jsm.consumers.info(durable.stream, name));
  }
  if (missing.length > 0) {
    throw new AppError(
      'dependency-unavailable',
      `NATS has no ${missing.join(', ')}: run nats-provision first.`,
    );
  }
}

async function look(missing: string[], what: string, ask: () => Promise<unknown>): Promise<void> {
  try {
    await ask();
  } catch (error) {
    if (!isNotFound(error)) throw toAppError(error, `Looking for ${what}`);
    missing.push(what);
  }
}
