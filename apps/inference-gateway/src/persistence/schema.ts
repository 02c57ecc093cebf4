import { services } from '@touchstone/contracts';

/** The schema that this service owns. */
export const GATEWAY_SCHEMA = services['inference-gateway'].schema;

/** Bytes of lower-case hex, as a bytea parameter. */
export function toBytea(hex: string): Buffer {
  return Buffer.from(hex, 'hex');
}
