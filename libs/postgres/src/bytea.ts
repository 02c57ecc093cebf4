/** Bytes, or bytes as lower-case hex, as a parameter for a `bytea` column. */
export function toBytea(bytes: Uint8Array | string): Buffer {
  return typeof bytes === 'string' ? Buffer.from(bytes, 'hex') : Buffer.from(bytes);
}

/** A `bytea` column as plain bytes, which share no memory with the driver's buffer. */
export function fromBytea(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer);
}
