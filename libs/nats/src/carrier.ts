import { headers as createHeaders, type MsgHdrs } from '@nats-io/nats-core';

/** Most headers that are read of one message; more than any of our senders writes. */
export const HEADERS_MAX = 64;

/**
 * Headers as a plain record with lower-case names and the first value of each, so that `traceparent` is found
 * however the sender spelled it.
 */
export function readCarrier(headers: MsgHdrs | undefined): Record<string, string> {
  const carrier: Record<string, string> = {};
  for (const name of headers?.keys().slice(0, HEADERS_MAX) ?? []) {
    const value = headers?.values(name)[0];
    if (value !== undefined) carrier[name.toLowerCase()] = value;
  }
  return carrier;
}

/** Message headers from a plain record. */
export function writeCarrier(carrier: Readonly<Record<string, string>>): MsgHdrs {
  const headers = createHeaders();
  for (const [name, value] of Object.entries(carrier)) headers.set(name, value);
  return headers;
}
