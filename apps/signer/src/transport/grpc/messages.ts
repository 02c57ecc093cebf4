import { canonicalJson } from '@touchstone/canonical-json';
import type { RpcResponse } from '@touchstone/contracts';
import type { SignerVerb } from '../../domain/verbs.js';

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
