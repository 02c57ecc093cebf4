import type { z } from 'zod';
import type { RpcService, RpcVerb } from '../mesh/rpc-table.js';
import { chainBlock } from './anchor.js';
import { nodeStanding, reportHeartbeat } from './attestation.js';
import {
  authorizePayment,
  authorizeTransfer,
  releasePayment,
  renewPayment,
  settlePayment,
  supportedPayments,
} from './payment.js';
import {
  keySetQuery,
  signBatch,
  signCheckpoint,
  signOutput,
  signOutputs,
  signTransaction,
} from './signer.js';

/** Request and response schema of every RPC; both sides validate. */
export const rpcSchemas = {
  signer: {
    'sign-output': signOutput,
    'sign-outputs': signOutputs,
    'sign-batch': signBatch,
    'sign-checkpoint': signCheckpoint,
    'sign-transaction': signTransaction,
    'key-set': keySetQuery,
  },
  'payment-verifier': {
    authorize: authorizePayment,
    'authorize-transfer': authorizeTransfer,
    settle: settlePayment,
    renew: renewPayment,
    release: releasePayment,
    supported: supportedPayments,
  },
  'anchor-worker': { 'chain-block': chainBlock },
  'attestation-hub': { heartbeat: reportHeartbeat, standing: nodeStanding },
} as const satisfies { [S in RpcService]: Record<RpcVerb<S>, { request: z.ZodType; response: z.ZodType }> };

type SchemaOf<S extends RpcService, V extends RpcVerb<S>> = V extends keyof (typeof rpcSchemas)[S]
  ? (typeof rpcSchemas)[S][V] extends infer Pair extends { request: z.ZodType; response: z.ZodType }
    ? Pair
    : never
  : never;

export type RpcRequest<S extends RpcService, V extends RpcVerb<S>> = z.infer<SchemaOf<S, V>['request']>;
export type RpcResponse<S extends RpcService, V extends RpcVerb<S>> = z.infer<SchemaOf<S, V>['response']>;
