import {
  AppError,
  LARGEST_EVENT_BYTES,
  EVENT_HEADER_BYTES_MAX,
  type ServiceName,
} from '@touchstone/contracts';
import type { NatsConnection } from '@nats-io/nats-core';

/**
 * Checks that the server takes the largest event of a service. It may be changed while services run, and tells it anew
 * at each connection.
 *
 * @throws AppError `config-invalid` that names the key of the server
 */
export function checkPayloadLimit(nc: Pick<NatsConnection, 'info'>, service: ServiceName): void {
  const largest = LARGEST_EVENT_BYTES[service];
  const limit = nc.info?.max_payload;
  if (largest === undefined || limit === undefined) return;
  const needed = largest + EVENT_HEADER_BYTES_MAX;
  if (limit >= needed) return;
  throw new AppError(
    'config-invalid',
    `The NATS server takes messages of ${limit} bytes; events of ${service} may have ${needed}. Set max_payload in its ` +
      'configuration to 1MB; until then larger events go to the dead letters.',
  );
}
