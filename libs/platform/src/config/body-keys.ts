import { integerKey } from './values.js';

/** The default of the bytes that bodies under way may have in all. */
export const BODY_BYTES_IN_FLIGHT_DEFAULT_MAX = 268_435_456;
/** Least and most of it: three quarters of the least hold the largest body of any route. */
const BODY_BYTES_IN_FLIGHT_RANGE = [134_217_728, 68_719_476_736] as const;

/** The key of a service that reads large bodies. */
export function bodyKeys() {
  return {
    TOUCHSTONE_BODY_BYTES_IN_FLIGHT_MAX: integerKey(...BODY_BYTES_IN_FLIGHT_RANGE)
      .default(BODY_BYTES_IN_FLIGHT_DEFAULT_MAX)
      .describe(
        'Bytes that the request bodies of all connections may have in memory together; what is beyond is answered 503 with Retry-After. ' +
          'A quarter of it is kept for bodies of up to 1 MiB.',
      ),
  };
}

/** What a service's configuration says of it; undefined where its schema does not have the key. */
export function bodyBytesInFlightOf(config: unknown): number | undefined {
  return (config as { TOUCHSTONE_BODY_BYTES_IN_FLIGHT_MAX?: number }).TOUCHSTONE_BODY_BYTES_IN_FLIGHT_MAX;
}
