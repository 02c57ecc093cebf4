import { v7 } from 'uuid';

/**
 * A new UUIDv7 (RFC 9562, section 5.7): ids made later sort later, which keeps index pages warm.
 *
 * @param atMs the Unix milliseconds that it tells of; now where none are given
 */
export function uuidV7(atMs?: number): string {
  return atMs === undefined ? v7() : v7({ msecs: atMs });
}

/** Unix milliseconds that a UUIDv7 tells of: its first 48 bits. */
export function timeOfUuidV7(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}
