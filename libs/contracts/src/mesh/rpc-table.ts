import type { ServiceName } from './services.js';
import type { MeshCaller } from './users.js';

/**
 * Every RPC in the mesh with the services that may call it. The table is the policy: it becomes the NATS
 * permissions, so that a caller which is not listed cannot even publish the request.
 */
export const rpcTable = {
  signer: {
    'sign-output': ['inference-gateway'],
    'sign-outputs': ['inference-gateway'],
    'sign-batch': ['attestation-hub'],
    'sign-checkpoint': ['anchor-worker'],
    'sign-transaction': ['anchor-worker', 'payment-verifier'],
    'key-set': ['inference-gateway', 'anchor-worker', 'proof-service', 'payment-verifier'],
  },
  'payment-verifier': {
    authorize: ['inference-gateway'],
    'authorize-transfer': ['inference-gateway'],
    settle: ['inference-gateway'],
    renew: ['inference-gateway'],
    release: ['inference-gateway'],
    supported: ['inference-gateway'],
  },
  'anchor-worker': {
    'chain-block': ['inference-gateway'],
  },
  'attestation-hub': {
    heartbeat: ['inference-gateway', 'signer', 'anchor-worker', 'proof-service', 'payment-verifier'],
    standing: ['signer'],
  },
} as const satisfies Partial<Record<ServiceName, Record<string, readonly ServiceName[]>>>;

export type RpcService = keyof typeof rpcTable;
export type RpcVerb<S extends RpcService> = keyof (typeof rpcTable)[S] & string;

/**
 * The subject on which `caller` asks `service` for `verb`: `svc.v1.<service>.<verb>.<caller>[.<node>]`. The server lets a
 * user publish only its own name at the end, so the receiver may believe it (docs/adr/0003, docs/adr/0023).
 */
export function rpcSubject<S extends RpcService>(service: S, verb: RpcVerb<S>, caller: MeshCaller): string {
  return `svc.v1.${service}.${verb}.${caller}`;
}

/** The subject that `service` listens on for `verb`, whoever calls, from whatever node. */
export function rpcListenSubject<S extends RpcService>(service: S, verb: RpcVerb<S>): string {
  return `svc.v1.${service}.${verb}.>`;
}
