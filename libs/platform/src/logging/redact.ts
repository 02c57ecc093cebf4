import { REDACTED, withoutCredentials } from '../config/describe-config.js';

/** Deepest level of a logged object; deeper values are cut. */
export const LOG_DEPTH_MAX = 6;
/** Longest logged string in UTF-16 units. */
export const LOG_STRING_CHARACTERS_MAX = 4_096;
/** Largest number of members or items that are logged of one object or array. */
export const LOG_MEMBERS_MAX = 64;

/** Substrings of a name, without `-` and `_` and in lower case, whose value is never logged. */
const secretFragments = [
  'key',
  'seed',
  'secret',
  'password',
  'passphrase',
  'token',
  'credential',
  'authorization',
  'cookie',
  'mnemonic',
];

/** Headers that carry a payment, or show who paid: who reads one could try to use it. */
const paymentNames = new Set([
  'xpayment',
  'paymentsignature',
  'xpaymentresponse',
  'paymentresponse',
  'touchstonetransferclaim',
  'touchstonepayerlookup',
]);

/** Names that hold a word of the list and are public. */
const publicNames = new Set([
  'keyid',
  'keyids',
  'publickey',
  'publickeys',
  'keystatus',
  'keyuse',
  'keysetversion',
]);

/** Request and response content, which belongs to the caller and not into logs. */
const payloadNames = new Set(['body', 'rawbody', 'payload']);

function replacement(name: string): string | undefined {
  const plain = name.toLowerCase().replace(/[-_]/g, '');
  if (payloadNames.has(plain)) return '[payload]';
  if (paymentNames.has(plain)) return REDACTED;
  if (publicNames.has(plain)) return undefined;
  return secretFragments.some((fragment) => plain.includes(fragment)) ? REDACTED : undefined;
}

/** Copies what is logged, with secrets, payloads, credentials in URLs and bytes replaced. */
export function redact(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return redactMembers(value, 0);
}

function redactMembers(value: object, depth: number): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value).slice(0, LOG_MEMBERS_MAX))
    copy[name] = replacement(name) ?? redactValue(member, depth + 1);
  return copy;
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return withoutCredentials(value.slice(0, LOG_STRING_CHARACTERS_MAX));
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return typeof value === 'function' ? undefined : value;
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Date) return value.toISOString();
  if (depth > LOG_DEPTH_MAX) return '[deep]';
  if (Array.isArray(value))
    return value.slice(0, LOG_MEMBERS_MAX).map((item) => redactValue(item, depth + 1));
  if (isError(value)) return errorMembers(value, depth);
  return redactMembers(value, depth);
}

/** An error of another realm is no `instanceof Error`; it still has a stack and a message. */
export function isError(value: unknown): value is Error {
  return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]';
}

function errorMembers(error: Error, depth: number): Record<string, unknown> {
  return {
    type: error.name,
    message: withoutCredentials(error.message.slice(0, LOG_STRING_CHARACTERS_MAX)),
    stack: withoutCredentials((error.stack ?? '').slice(0, LOG_STRING_CHARACTERS_MAX)),
    ...('code' in error ? { code: redactValue(error.code, depth + 1) } : {}),
    ...('details' in error ? { details: redactValue(error.details, depth + 1) } : {}),
    ...(error.cause === undefined ? {} : { cause: redactValue(error.cause, depth + 1) }),
  };
}
