import { AppError, streams, type StreamName } from '@touchstone/contracts';
import { JetStreamApiError, StorageType, type JetStreamManager, type StreamInfo } from '@nats-io/jetstream';
import { toAppError } from '../nats-errors.js';
import { streamConfig, type ProvisionOptions } from './stream-config.js';

/** A stream that exists for moments, to learn what the server would reserve. */
const PROBE = 'PROVISIONING-PROBE';
/** Bytes to which it is found out how much there is. */
const PROBE_STEP_BYTES = 1_048_576;

/** What servers answer when they or the account have no room for a reservation. */
const NO_ROOM = new Set([10_002, 10_023, 10_028, 10_047]);
/** What servers answer when there are fewer of them than copies asked for. */
const TOO_FEW_SERVERS = new Set([10_005, 10_074]);

/**
 * Checks that the server reserves what streams will need beyond what they have, before the first is made: they reserve
 * their largest size, and the one that finds no room would leave a mesh of half of its streams.
 *
 * The limit of a server is told to nobody but its system account; therefore one stream of the whole size is made and
 * deleted at once, which also asks for the limits of the account and for room on enough servers.
 *
 * @throws AppError `dependency-unavailable` that says what is needed, what there is, and the keys that change either
 */
export async function assertStorage(
  jsm: JetStreamManager,
  present: ReadonlyMap<StreamName, StreamInfo>,
  options: ProvisionOptions,
): Promise<void> {
  const needed = (Object.keys(streams) as StreamName[])
    .map((name) => (streamConfig(name, options).max_bytes ?? 0) - (present.get(name)?.config.max_bytes ?? 0))
    .filter((bytes) => bytes > 0)
    .reduce((sum, bytes) => sum + bytes, 0);
  const replicas = options.replicas ?? 1;
  if (needed === 0 || (await isReserved(jsm, needed, replicas))) return;
  const had = await largestReserved(jsm, needed, replicas);
  const copies = replicas === 1 ? '' : ` on each of ${replicas} servers`;
  throw new AppError(
    'dependency-unavailable',
    `JetStream has no room for the streams: needed ${needed} bytes${copies}, had ${had}. Raise jetstream ` +
      '{ max_file_store } of the server (and the limit of the account, if it has one), or lower ' +
      'TOUCHSTONE_NATS_STREAM_MAX_BYTES. Nothing was made; run nats-provision again afterwards.',
  );
}

/** The largest size that is reserved, to {@link PROBE_STEP_BYTES}. */
async function largestReserved(jsm: JetStreamManager, needed: number, replicas: number): Promise<number> {
  let [fits, tooMuch] = [0, Math.ceil(needed / PROBE_STEP_BYTES)];
  while (tooMuch - fits > 1) {
    const middle = Math.floor((fits + tooMuch) / 2);
    if (await isReserved(jsm, middle * PROBE_STEP_BYTES, replicas)) fits = middle;
    else tooMuch = middle;
  }
  return fits * PROBE_STEP_BYTES;
}

async function isReserved(jsm: JetStreamManager, maxBytes: number, replicas: number): Promise<boolean> {
  try {
    await jsm.streams.add({
      name: PROBE,
      subjects: ['provisioning.probe'],
      storage: StorageType.File,
      max_bytes: maxBytes,
      num_replicas: replicas,
    });
  } catch (error) {
    const code = error instanceof JetStreamApiError ? error.code : undefined;
    if (code !== undefined && NO_ROOM.has(code)) return false;
    if (code !== undefined && TOO_FEW_SERVERS.has(code))
      throw new AppError(
        'dependency-unavailable',
        `TOUCHSTONE_NATS_REPLICAS is ${replicas}, and the server says: ${(error as Error).message}.`,
        { cause: error },
      );
    throw toAppError(error, 'Asking JetStream for room');
  }
  await jsm.streams.delete(PROBE);
  return true;
}
