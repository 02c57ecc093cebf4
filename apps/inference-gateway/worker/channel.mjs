// The stream over which a process of the gateway is spoken with. A message is two lengths (unsigned, 32 bits, little-endian), JSON, and
// bytes. Reads and writes block: one message is under way at a time, and streams cost more than a short piece of work does.
import { readSync, writeSync } from 'node:fs';

const CHANNEL = 3;
const PREFIX_BYTES = 8;
/** Up to here one write of a copy is cheaper than several writes. */
const COPIED_BYTES_MAX = 65_536;

/** The JSON of the next message, and how many bytes come behind it. */
export function readHeader() {
  const prefix = read(PREFIX_BYTES);
  return { header: JSON.parse(read(prefix.readUInt32LE(0)).toString()), length: prefix.readUInt32LE(4) };
}

/** So many bytes in a buffer of their own. */
export function read(length) {
  const bytes = Buffer.from(new ArrayBuffer(length));
  for (let done = 0; done < length;) {
    const count = readSync(CHANNEL, bytes, done, length - done, null);
    if (count === 0) process.exit(0);
    done += count;
  }
  return bytes;
}

export function write(json, tensors, size) {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32LE(json.length, 0);
  prefix.writeUInt32LE(size, 4);
  const parts = [prefix, json, ...tensors];
  for (const part of size > COPIED_BYTES_MAX ? parts : [Buffer.concat(parts)]) {
    for (let done = 0; done < part.length;) done += writeSync(CHANNEL, part, done);
  }
}
