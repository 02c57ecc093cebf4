import { AppError } from '@touchstone/contracts';
import { integerKey, loadConfig, secret } from '@touchstone/platform/config';
import { z } from 'zod';
import { connectMesh } from './connection.js';
import { provision, type ProvisionReport } from './jetstream/provision.js';
import {
  DEAD_LETTER_MAX_AGE_DAYS,
  STREAM_MAX_AGE_DAYS,
  STREAM_MAX_BYTES,
  STREAM_MIN_BYTES,
} from './jetstream/stream-config.js';
import type { MeshLogger } from './observer.js';

/** The configuration of `nats-provision`. */
export const provisionConfig = z.object({
  NATS_URL: z.string().min(1).describe('NATS servers, separated by commas.'),
  NATS_USER: z.string().min(1).default('provisioner').describe('User that may administer streams.'),
  NATS_PASSWORD: secret(z.string().min(1)).describe('Password of that user.'),
  TOUCHSTONE_NATS_REPLICAS: integerKey(1, 5).default(1).describe('Copies of each stream.'),
  TOUCHSTONE_NATS_STREAM_MAX_AGE_DAYS: integerKey(1, 365)
    .default(STREAM_MAX_AGE_DAYS)
    .describe(`Days an unread event is kept; dead letters stay ${DEAD_LETTER_MAX_AGE_DAYS}.`),
  TOUCHSTONE_NATS_STREAM_MAX_BYTES: integerKey(STREAM_MIN_BYTES, 1_099_511_627_776)
    .default(STREAM_MAX_BYTES)
    .describe('Bytes that one stream may hold of what is unread; the server reserves them.'),
});

/** What every image states, this one's too. */
const OF_IMAGES = ['TOUCHSTONE_BIND_HOST', 'TOUCHSTONE_BUILD_HASH'];

/** The one argument of `nats-provision`. */
const RECREATE = '--recreate';

/**
 * Creates or updates streams and durables as the environment says; with the argument `--recreate` also makes streams
 * again whose retention a server does not change.
 *
 * @throws AppError `config-invalid`, also for another argument, or as `connectMesh` and `provision`.
 */
export async function runProvision(
  env: Readonly<Record<string, string | undefined>>,
  logger: MeshLogger,
  args: readonly string[] = [],
): Promise<ProvisionReport> {
  const unknown = args.find((argument) => argument !== RECREATE);
  if (unknown !== undefined)
    throw new AppError('config-invalid', `nats-provision takes ${RECREATE} and no "${unknown}".`);
  const config = loadConfig({ schema: provisionConfig, env, toleratedNames: OF_IMAGES });
  const mesh = await connectMesh({
    url: config.NATS_URL,
    user: config.NATS_USER,
    password: config.NATS_PASSWORD,
    service: 'provisioner',
    logger,
  });
  try {
    return await provision(mesh.nc, {
      replicas: config.TOUCHSTONE_NATS_REPLICAS,
      maxAgeDays: config.TOUCHSTONE_NATS_STREAM_MAX_AGE_DAYS,
      maxBytes: config.TOUCHSTONE_NATS_STREAM_MAX_BYTES,
      recreate: args.includes(RECREATE),
    });
  } finally {
    await mesh.close();
  }
}
