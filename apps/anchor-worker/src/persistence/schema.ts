import { services } from '@touchstone/contracts';

/** The schema that this service owns. */
export const ANCHOR_SCHEMA = services['anchor-worker'].schema;

/** Bytes of lower-case hex, as a bytea parameter. */
export function toBytea(hex: string): Buffer {
  return Buffer.from(hex, 'hex');
}

/** A bytea column as plain bytes. */
export function fromBytea(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer);
}
