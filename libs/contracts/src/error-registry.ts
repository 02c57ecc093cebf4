import { modelErrors } from './model-errors.js';
import { paymentErrors } from './payment-errors.js';

/**
 * The closed registry of error codes. A code never changes its meaning; docs/reference/problems.md is generated
 * from this table. `status` is the HTTP status, `retryable` tells whether the same call may succeed later, `action`
 * what the caller or the operator does about it.
 */
export const errorRegistry = {
  'anchor-stuck': {
    status: 500,
    retryable: false,
    title: 'Anchors of a network fail time after time.',
    action: 'Follow docs/runbooks/anchor-stuck.md, then replay the dead letter.',
  },
  'body-too-large': {
    status: 413,
    retryable: false,
    title: 'The request body is larger than the limit.',
    action: 'Send less; docs/reference/limits.md states the limit.',
  },
  'checkpoint-refused': {
    status: 409,
    retryable: false,
    title: 'The checkpoint does not extend the last one that was signed for this log.',
    action: 'Stop appending and follow docs/runbooks/checkpoint-refused.md.',
  },
  'config-invalid': {
    status: 500,
    retryable: false,
    title: 'The configuration is invalid.',
    action: 'Correct the keys that the message names; docs/reference/config.md describes them.',
  },
  conflict: {
    status: 409,
    retryable: false,
    title: 'The request contradicts a stored record.',
    action: 'Read the stored record; repeat with the same content, or use a new identifier.',
  },
  'dependency-unavailable': {
    status: 503,
    retryable: true,
    title: 'A part this service needs does not answer.',
    action: 'Repeat later with a growing delay; the operator looks at /readyz?verbose.',
  },
  'event-invalid': {
    status: 422,
    retryable: false,
    title: 'The events make no batch.',
    action: 'Correct the event that the pointer names; docs/event-batches.md says what an event has to be.',
  },
  'event-not-held': {
    status: 409,
    retryable: false,
    title: 'The event itself was never sent, only its hash.',
    action: 'Send the event with the question, as POST.',
  },
  'evidence-pending': {
    status: 202,
    retryable: true,
    title: 'The evidence is not complete yet.',
    action: 'Ask again later; Retry-After says when.',
  },
  'expectation-failed': {
    status: 417,
    retryable: false,
    title: 'The request expects what this server does not do.',
    action: 'Leave the field Expect out, or send 100-continue.',
  },
  forbidden: {
    status: 403,
    retryable: false,
    title: 'The caller may not do this.',
    action: 'Use a caller that is allowed to do this.',
  },
  'headers-too-large': {
    status: 431,
    retryable: false,
    title: 'The header of the request is larger than the limit.',
    action: 'Send fewer or shorter header fields; docs/reference/limits.md states the limits.',
  },
  internal: {
    status: 500,
    retryable: true,
    title: 'An unexpected error occurred.',
    action: 'Repeat the request; when it stays, report the trace id.',
  },
  'leaf-field-not-fixed-width': {
    status: 422,
    retryable: false,
    title: 'A field of the output proof has not the fixed width that a leaf needs.',
    action: 'Send an output proof of format model-output-v1; others can be verified, not batched.',
  },
  'malformed-json': {
    status: 400,
    retryable: false,
    title: 'The body is not strict JSON.',
    action:
      'Correct the place that the pointer names: UTF-8, no duplicate key, numbers of at most 2^53-1 (in tensors any that are finite).',
  },
  'malformed-request': {
    status: 400,
    retryable: false,
    title: 'The request is not HTTP/1.1 as the standard has it.',
    action:
      'Correct what the message names: framing, Host, a field that stands twice, or the encoding of the target.',
  },
  'method-not-allowed': {
    status: 405,
    retryable: false,
    title: 'The resource does not answer this method.',
    action: 'Use a method that the interface description lists.',
  },
  'method-not-implemented': {
    status: 501,
    retryable: false,
    title: 'No resource here knows this method.',
    action: 'Use a method that the interface description lists.',
  },
  'node-blocked': {
    status: 503,
    retryable: true,
    title: 'The outputs of this node are not signed now.',
    action:
      'Repeat later, or ask another node; nothing was charged. The operator looks at touchstone nodes list (docs/node-policy.md).',
  },
  'not-acceptable': {
    status: 406,
    retryable: false,
    title: 'There is no form of the answer that Accept takes.',
    action: 'Ask for a media type that the interface description lists, or for */*.',
  },
  'not-found': {
    status: 404,
    retryable: false,
    title: 'There is nothing here.',
    action: 'Check the path against the interface description.',
  },
  ...modelErrors,
  ...paymentErrors,
  'queue-full': {
    status: 503,
    retryable: true,
    title: 'The queue is full.',
    action: 'Repeat later with a growing delay.',
  },
  'rate-limited': {
    status: 429,
    retryable: true,
    title: 'Too many requests.',
    action: 'Repeat after Retry-After.',
  },
  'set-up-invalid': {
    status: 422,
    retryable: false,
    title: 'The key does not add one contribution to the one before.',
    action: 'Contribute anew to the newest key: touchstone zk contribute.',
  },
  'signature-invalid': {
    status: 422,
    retryable: false,
    title: 'What was sent is not what its sender signed.',
    action:
      'Sign exactly what is sent, with the key of the address that is named, and a deadline that lies no further ahead than the refusal says.',
  },
  'signing-refused': {
    status: 403,
    retryable: false,
    title: 'The signing policy refuses this payload.',
    action: 'Ask for what the policy of the key allows; the signing audit names the rule.',
  },
  'target-too-long': {
    status: 414,
    retryable: false,
    title: 'The path with its query is longer than the limit.',
    action: 'Send a shorter target; docs/reference/limits.md states the limit.',
  },
  timeout: {
    status: 504,
    retryable: true,
    title: 'The operation took longer than its limit.',
    action: 'Repeat with the same idempotent content; the first attempt may have succeeded.',
  },
  unauthenticated: {
    status: 401,
    retryable: false,
    title: 'The caller did not prove who it is.',
    action: 'Send the credentials that the interface description asks for.',
  },
  'unknown-batch': {
    status: 404,
    retryable: false,
    title: 'There is no such batch.',
    action: 'Check the batch id; it exists once the batch is sealed.',
  },
  'unknown-verification': {
    status: 404,
    retryable: false,
    title: 'There is no such verification.',
    action: 'Check the verification id of the answer.',
  },
  'unsupported-media-type': {
    status: 415,
    retryable: false,
    title: 'The body has a media type that is not read here.',
    action: 'Send the media type that the interface description states.',
  },
  'validation-failed': {
    status: 422,
    retryable: false,
    title: 'The request does not fit its schema.',
    action: 'Correct the places that the pointers name.',
  },
} as const satisfies Record<string, { status: number; retryable: boolean; title: string; action: string }>;

/** One of the registered error codes. */
export type ErrorCode = keyof typeof errorRegistry;
