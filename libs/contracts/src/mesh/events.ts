import type { ServiceName } from './services.js';

/** JetStream streams with the subjects they keep. The configuration stays inside what server 2.9 accepts. */
export const streams = {
  INFERENCE: ['evt.v1.inference.>'],
  EVENTS: ['evt.v1.events.>'],
  PAYMENT: ['evt.v1.payment.>'],
  ANCHOR: ['evt.v1.anchor.>'],
  SIGNING: ['evt.v1.signing.>'],
  PROVING: ['evt.v1.proving.>'],
  ATTESTATION: ['evt.v1.attestation.>'],
  DLQ: ['dlq.>'],
  REPLAY: ['replay.v1.>'],
  ADVISORY: ['$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.>', '$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.>'],
} as const satisfies Record<string, readonly string[]>;
export type StreamName = keyof typeof streams;

/** Every event with the one service that publishes it and the stream that keeps it. */
export const events = {
  'evt.v1.inference.output.recorded': { publisher: 'inference-gateway', stream: 'INFERENCE' },
  'evt.v1.inference.commitment.published': { publisher: 'inference-gateway', stream: 'INFERENCE' },
  'evt.v1.inference.set-up.published': { publisher: 'inference-gateway', stream: 'INFERENCE' },
  'evt.v1.proving.execution.proved': { publisher: 'inference-gateway', stream: 'PROVING' },
  'evt.v1.payment.transfer.settled': { publisher: 'payment-verifier', stream: 'PAYMENT' },
  'evt.v1.payment.transfer.failed': { publisher: 'payment-verifier', stream: 'PAYMENT' },
  'evt.v1.signing.key-set.changed': { publisher: 'signer', stream: 'SIGNING' },
  'evt.v1.signing.batch.signed': { publisher: 'signer', stream: 'SIGNING' },
  'evt.v1.anchor.entry.appended': { publisher: 'anchor-worker', stream: 'ANCHOR' },
  'evt.v1.anchor.batch.sealed': { publisher: 'anchor-worker', stream: 'ANCHOR' },
  'evt.v1.anchor.checkpoint.published': { publisher: 'anchor-worker', stream: 'ANCHOR' },
  'evt.v1.anchor.anchor.final': { publisher: 'anchor-worker', stream: 'ANCHOR' },
  'evt.v1.anchor.anchor.stuck': { publisher: 'anchor-worker', stream: 'ANCHOR' },
  'evt.v1.attestation.node.changed': { publisher: 'attestation-hub', stream: 'ATTESTATION' },
} as const satisfies Record<string, { publisher: ServiceName; stream: StreamName }>;
export type EventSubject = keyof typeof events;

/** A durable pull consumer with one filter, because server 2.9 takes only one. */
export interface Durable {
  readonly name: string;
  readonly service: ServiceName;
  readonly stream: StreamName;
  readonly filter: string;
}

/** All durable consumers. Names are `<service>-<purpose>` and at most 32 characters. */
export const durables = [
  {
    name: 'anchor-worker-inference',
    service: 'anchor-worker',
    stream: 'INFERENCE',
    filter: 'evt.v1.inference.>',
  },
  {
    name: 'anchor-worker-key-set',
    service: 'anchor-worker',
    stream: 'SIGNING',
    filter: 'evt.v1.signing.>',
  },
  {
    name: 'anchor-worker-stuck',
    service: 'anchor-worker',
    stream: 'ANCHOR',
    filter: 'evt.v1.anchor.anchor.stuck',
  },
  {
    name: 'proof-service-inference',
    service: 'proof-service',
    stream: 'INFERENCE',
    filter: 'evt.v1.inference.>',
  },
  {
    name: 'proof-service-signing',
    service: 'proof-service',
    stream: 'SIGNING',
    filter: 'evt.v1.signing.batch.signed',
  },
  { name: 'proof-service-proving', service: 'proof-service', stream: 'PROVING', filter: 'evt.v1.proving.>' },
  { name: 'proof-service-anchor', service: 'proof-service', stream: 'ANCHOR', filter: 'evt.v1.anchor.>' },
  {
    name: 'inference-gateway-payment',
    service: 'inference-gateway',
    stream: 'PAYMENT',
    filter: 'evt.v1.payment.>',
  },
  {
    name: 'signer-nodes',
    service: 'signer',
    stream: 'ATTESTATION',
    filter: 'evt.v1.attestation.node.changed',
  },
] as const satisfies readonly Durable[];
export type DurableName = (typeof durables)[number]['name'];

/** Bytes that the headers of an event may take beside its body. */
export const EVENT_HEADER_BYTES_MAX = 4_096;

/**
 * Bytes that the largest event of a service may have, its body alone: an answer with its tensors, a batch of as many
 * leaves as one may have, a proof of an anchor, a batch of events.
 */
export const LARGEST_EVENT_BYTES: Readonly<Partial<Record<ServiceName, number>>> = {
  'inference-gateway': 1_000_000,
  'anchor-worker': 524_288,
  signer: 1_000_000,
  'payment-verifier': 16_384,
  'attestation-hub': 16_384,
};

/** Milliseconds that an event stays in a stream from which nobody reads; the outbox of its publisher has it longer. */
export const UNREAD_STREAM_AGE_MS = 3_600_000;

/**
 * How long a stream keeps a message: `until-read` by all its durables, `an-hour` where it has none, and the two that
 * people read, `letters` and `advisories`, by their age alone.
 */
export type StreamKeeping = 'until-read' | 'an-hour' | 'letters' | 'advisories';

/** How long `stream` keeps a message. */
export function streamKeeping(stream: StreamName): StreamKeeping {
  if (stream === 'DLQ') return 'letters';
  if (stream === 'ADVISORY') return 'advisories';
  return durablesOf(stream).length > 0 ? 'until-read' : 'an-hour';
}

/** The durables that read from `stream`, those for replays included. */
export function durablesOf(stream: StreamName): readonly Durable[] {
  return durables
    .flatMap((durable): Durable[] => [durable, replayDurable(durable)])
    .filter((durable) => durable.stream === stream);
}

/**
 * The durable beside `durable` that brings dead letters back to the one consumer that gave up on them. A request to
 * replay names a dead letter by its subject and carries nothing, so that whoever may ask can forge no event.
 */
export function replayDurable({ name, service }: Durable): Durable {
  return { name: `${name}-replay`, service, stream: 'REPLAY', filter: `replay.v1.${service}.${name}.>` };
}
