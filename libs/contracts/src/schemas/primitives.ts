import { z } from 'zod';

/** 32 bytes as lower-case hex. */
export const hex32 = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hex characters');

/** Any number of bytes as lower-case hex. */
export const hexBytes = z.string().regex(/^(?:[0-9a-f]{2})*$/, 'expected lower-case hex of whole bytes');

/** An EVM address as the chain's tools write it, in lower case, with the `0x` prefix. */
export const evmAddress = z
  .string()
  .regex(/^0x[0-9a-f]{40}$/, 'expected 0x and 40 lower-case hex characters');

/** 0x-prefixed bytes, as JSON-RPC and x402 write them. */
export const hexData = z
  .string()
  .regex(/^0x(?:[0-9a-f]{2})*$/, 'expected 0x and lower-case hex of whole bytes');

/** An unsigned integer as a decimal string without leading zeros; used for amounts, heights and tree sizes. */
export const decimal = z
  .string()
  .regex(/^(?:0|[1-9][0-9]{0,77})$/, 'expected a decimal integer without leading zeros');

/** A UUID of version 7 (RFC 9562) in lower case. */
export const uuidV7 = z
  .string()
  .regex(
    /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    'expected a lower-case UUIDv7',
  );

/**
 * The content identifier of an object as its address spells it: CIDv1 in base32 of a SHA-256, of a raw block (`bafkrei…`) or of a UnixFS
 * file (`bafybei…`). Other spellings of the same one are refused, so that every object has one address.
 */
export const objectCid = z
  .string()
  .regex(
    /^baf(?:krei|ybei)[a-h][a-z2-7]{50}[aeimquy4]$/,
    'expected a CIDv1 in base32 (bafkrei… or bafybei…)',
  );

/** A time as RFC 3339 in UTC with milliseconds. */
export const timestampMs = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/, 'expected RFC 3339 UTC with milliseconds');

/** Unix seconds as an integer that JSON carries without loss. */
export const unixSeconds = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

/** A chain in CAIP-2 form, for example `eip155:8453`. */
export const caip2 = z.string().regex(/^[-a-z0-9]{3,8}:[-_a-zA-Z0-9]{1,32}$/, 'expected a CAIP-2 chain id');

/** An EVM chain in CAIP-2 form: `eip155:` and its chain id, which JSON carries without loss. */
export const evmNetwork = z.string().regex(/^eip155:[1-9]\d{0,14}$/, 'expected eip155:<chain id>');

/** A short name that goes into subjects, logs and file names. */
export const slug = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/, 'expected a slug of 1 to 64 characters');

/** The identifier of a key: printable, without white space. */
export const keyId = z.string().regex(/^[A-Za-z0-9._:-]{1,128}$/, 'expected 1 to 128 of A–Z a–z 0–9 . _ : -');
