import { v7 } from 'uuid';

/** A new UUIDv7 (RFC 9562, section 5.7): ids made later sort later, which keeps index pages warm. */
export function uuidV7(): string {
  return v7();
}
