import type { ErrorCode, RpcRequest, RpcResponse, RpcVerb } from '@touchstone/contracts';
import type { Caller } from './caller-policy.js';
import type { BatchSigning } from './batch/sign-batch.js';
import type { PublishedKeys } from './key-set.js';
import { toCheckpointRequest, toTransaction } from './requests.js';
import type { CheckpointSigning } from './sign-checkpoint.js';
import type { OutputSigning } from './sign-output.js';
import type { TransactionSigning } from './sign-transaction.js';

/** What the signer can be asked for; `libs/contracts` has the schemas of each and says who may ask. */
export type SignerVerb = RpcVerb<'signer'>;

/** Largest request of the signer: a transaction with 64 KiB of call data in hex. */
export const SIGN_REQUEST_BYTES_MAX = 262_144;
/** Largest request for a batch: twice what its events may have in canonical form, since they may be written with more space. */
export const BATCH_REQUEST_BYTES_MAX = 1_048_576;

/** The use cases behind the verbs. */
export interface UseCases {
  readonly outputs: OutputSigning;
  readonly batches: BatchSigning;
  readonly checkpoints: CheckpointSigning;
  readonly transactions: TransactionSigning;
  readonly keys: PublishedKeys;
}

/** One verb as every transport serves it. */
export interface VerbDefinition<V extends SignerVerb> {
  /** For the documents of the interfaces. */
  readonly summary: string;
  /** Codes of its own refusals, beside those of a request that is malformed or comes from the wrong caller. */
  readonly refusals: readonly ErrorCode[];
  /** Whether anybody may ask over HTTP and gRPC, without a token and with nothing but the question. */
  readonly isPublic?: true;
  /** The path over HTTP, where it is not the name of the verb. */
  readonly path?: string;
  /** Most bytes of a request over HTTP; {@link SIGN_REQUEST_BYTES_MAX} when left out. */
  readonly requestBytesMax?: number;
  /** Answers a request that fits its schema and whose caller may ask. */
  readonly answer: (
    useCases: UseCases,
    request: RpcRequest<'signer', V>,
    caller: Caller,
  ) => Promise<RpcResponse<'signer', V>>;
}

/** Every verb of the signer. A new one is an entry here, over gRPC also a method of its .proto with its two messages. */
export const verbs: { readonly [V in SignerVerb]: VerbDefinition<V> } = {
  'sign-output': {
    summary: 'Sign one output',
    refusals: ['signing-refused', 'node-blocked'],
    answer: async ({ outputs }, { format, ...payload }, caller) => ({
      proof: await outputs.sign(payload, caller, format),
    }),
  },
  'sign-outputs': {
    summary: 'Sign several outputs, or none of them',
    refusals: ['signing-refused', 'node-blocked'],
    answer: async ({ outputs }, { payloads }, caller) => ({
      proofs: await outputs.signAll(payloads, caller),
    }),
  },
  'sign-batch': {
    summary: 'Sign a batch of events, or of their leaves',
    refusals: ['event-invalid', 'conflict', 'queue-full', 'rate-limited', 'signing-refused'],
    path: 'batches',
    requestBytesMax: BATCH_REQUEST_BYTES_MAX,
    answer: ({ batches }, request, { name }) => batches.sign(request, name),
  },
  'sign-checkpoint': {
    summary: 'Sign a checkpoint that extends the last one',
    refusals: ['checkpoint-refused'],
    answer: async ({ checkpoints }, request, { name }) => ({
      note: await checkpoints.sign(request.origin, toCheckpointRequest(request), name),
    }),
  },
  'sign-transaction': {
    summary: 'Sign a typed transaction that the policy of its key allows',
    refusals: ['signing-refused'],
    answer: ({ transactions }, request, { name }) =>
      transactions.sign(request.key, toTransaction(request), name),
  },
  'key-set': {
    summary: 'The public keys with their states',
    refusals: [],
    isPublic: true,
    answer: ({ keys }) => keys.describe(),
  },
};

/** The names of {@link verbs}. */
export const verbNames = Object.keys(verbs) as readonly SignerVerb[];

/** The verbs with what they need. */
export class Verbs {
  constructor(private readonly useCases: UseCases) {}

  /** @throws AppError with one of the verb's refusals; `forbidden` for another log; `dependency-unavailable` */
  ask<V extends SignerVerb>(
    verb: V,
    request: RpcRequest<'signer', V>,
    caller: Caller,
  ): Promise<RpcResponse<'signer', V>> {
    return verbs[verb].answer(this.useCases, request, caller);
  }
}
