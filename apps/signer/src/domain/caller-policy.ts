import { AppError, rpcTable } from '@touchstone/contracts';

type SignVerb = keyof (typeof rpcTable)['signer'];

/** Who asks for a signature. */
export interface Caller {
  /** As the audit names it: `inference-gateway/node-1` over the mesh, the name of a token over REST and gRPC. */
  readonly name: string;
  /** What the attestation hub knows it as, where the mesh vouches for a node. */
  readonly nodeId?: string;
}

/** Tells who sent an `Authorization` header. */
export interface Callers {
  /** @throws AppError `unauthenticated` */
  identify(authorization: string | undefined): string;
}

/** Who calls over REST and gRPC, by bearer token; NATS callers are known by their subject. */
export class CallerPolicy {
  constructor(
    private readonly callers: Callers,
    /** Who may have batches signed beside the services of the mesh. */
    private readonly batchCallers: readonly string[] = [],
  ) {}

  /** @throws AppError `unauthenticated` */
  identify(authorization: string | undefined): string {
    return this.callers.identify(authorization);
  }

  /** @throws AppError `forbidden` when the caller is neither in the table of RPCs for this verb nor configured for batches */
  allow(caller: string, verb: SignVerb): void {
    const callers: readonly string[] = rpcTable.signer[verb];
    const others = verb === 'sign-batch' ? this.batchCallers : [];
    if (!callers.includes(caller) && !others.includes(caller))
      throw new AppError('forbidden', `${caller} may not ask for ${verb}.`);
  }
}
