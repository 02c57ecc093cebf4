import { createHash, timingSafeEqual } from 'node:crypto';
import { AppError, rpcTable } from '@touchstone/contracts';

type SignVerb = keyof (typeof rpcTable)['signer'];

/** Who calls over REST and gRPC, by bearer token; NATS callers are known by their subject. */
export class CallerPolicy {
  private readonly digests: readonly { readonly caller: string; readonly digest: Buffer }[];

  constructor(tokens: Readonly<Record<string, string>>) {
    this.digests = Object.entries(tokens).map(([caller, token]) => ({ caller, digest: digestOf(token) }));
  }

  /**
   * The caller behind an `Authorization: Bearer …` header. Digests are compared in constant time, so that a token
   * cannot be guessed character by character.
   *
   * @throws AppError `unauthenticated`
   */
  identify(authorization: string | undefined): string {
    const token = /^Bearer ([\x21-\x7e]{1,512})$/.exec(authorization ?? '')?.[1];
    const digest = token === undefined ? undefined : digestOf(token);
    const known = digest && this.digests.filter((candidate) => timingSafeEqual(candidate.digest, digest))[0];
    if (!known)
      throw new AppError('unauthenticated', 'Send a known caller’s token as Authorization: Bearer <token>.');
    return known.caller;
  }

  /** @throws AppError `forbidden` when the caller is not in the table of RPCs for this verb */
  allow(caller: string, verb: SignVerb): void {
    const callers: readonly string[] = rpcTable.signer[verb];
    if (!callers.includes(caller)) throw new AppError('forbidden', `${caller} may not ask for ${verb}.`);
  }
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
