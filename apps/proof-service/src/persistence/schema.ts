import { services } from '@touchstone/contracts';

/** The schema that this service owns. */
export const PROOF_SCHEMA = services['proof-service'].schema;

/** A bytea column as plain bytes. */
export function fromBytea(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer);
}

/** Bytes as a bytea parameter. */
export function toBytea(bytes: Uint8Array | string): Buffer {
  return typeof bytes === 'string' ? Buffer.from(bytes, 'hex') : Buffer.from(bytes);
}
