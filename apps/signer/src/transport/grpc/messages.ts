import { canonicalJson, parseStrictJson } from '@touchstone/canonical-json';
import { AppError, type RpcResponse } from '@touchstone/contracts';
import { BATCH_REQUEST_BYTES_MAX, type SignerVerb } from '../../domain/verbs.js';

/** A message of signer.proto: camel case, 64-bit integers as strings, every field there. */
export type Message = Readonly<Record<string, unknown>>;

/** How a verb is called and said in signer.proto. */
export interface GrpcTranslation<V extends SignerVerb> {
  readonly method: string;
  /** The request as JSON has it, which no schema has seen yet. */
  fromMessage(message: Message): unknown;
  toMessage(answer: RpcResponse<'signer', V>): Message;
}

const payload = ({ timestamp, ...fields }: Message) => ({ ...fields, timestamp: Number(timestamp) });

/** An event as JSON; what is no strict JSON is refused before anything is signed. */
function parsedEvent(text: string, index: number): unknown {
  const read = parseStrictJson(text, { maxBytes: BATCH_REQUEST_BYTES_MAX });
  if (read.ok) return read.value;
  const pointer = `/eventsJson/${index}${read.error.pointer}`;
  throw new AppError('malformed-json', read.error.message, {
    details: [{ pointer, detail: read.error.message }],
  });
}

/** The methods of SignerService. */
export const grpcMethods: { readonly [V in SignerVerb]: GrpcTranslation<V> } = {
  'sign-output': {
    method: 'SignOutput',
    fromMessage: ({ format, ...fields }) => ({ ...payload(fields), ...(format === '' ? {} : { format }) }),
    toMessage: ({ proof }) => proof,
  },
  'sign-outputs': {
    method: 'SignOutputs',
    fromMessage: ({ payloads }) => ({ payloads: (payloads as readonly Message[]).map(payload) }),
    toMessage: (answer) => answer,
  },
  'sign-batch': {
    method: 'SignBatch',
    fromMessage: ({ batchId, format, eventsJson, leaves }) => ({
      ...(batchId === '' ? {} : { batchId }),
      format,
      ...((leaves as readonly string[]).length > 0 ? { leaves } : {}),
      ...((eventsJson as readonly string[]).length > 0 || (leaves as readonly string[]).length === 0
        ? { events: (eventsJson as readonly string[]).map(parsedEvent) }
        : {}),
    }),
    toMessage: ({ events, ...batch }) => ({ ...batch, events: events ?? [] }),
  },
  'sign-checkpoint': {
    method: 'SignCheckpoint',
    fromMessage: ({ fromSize, proof, ...fields }) => ({ ...fields, consistency: { fromSize, proof } }),
    toMessage: (answer) => answer,
  },
  'sign-transaction': {
    method: 'SignTransaction',
    fromMessage: ({ key, chainId, nonce, ...fields }) => ({
      key,
      transaction: { ...fields, chainId: Number(chainId), nonce: Number(nonce) },
    }),
    toMessage: (answer) => answer,
  },
  'key-set': {
    method: 'GetKeySet',
    fromMessage: (message) => message,
    toMessage: ({ keySet, currentOutputKeyId, domain, log, addresses }) => ({
      keySetJson: canonicalJson(keySet),
      currentOutputKeyId,
      domain,
      logOrigin: log.origin,
      logVkey: log.vkey,
      anchorAddress: addresses.anchor,
      settlementAddress: addresses.settlement,
    }),
  },
};
