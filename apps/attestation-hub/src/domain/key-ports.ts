import type { Decided, OperatorAct } from './decision-ports.js';
import type { KeyFault, Nonce } from './node-keys.js';

/** Reads whose keys are. */
export interface KeyReader {
  /** The node of a key, whatever became of it, with the public key as lower-case hex. */
  owner(keyId: string): Promise<{ readonly nodeId: string; readonly publicKey: string } | undefined>;
}

/** A key that a node has shown to have. */
export interface NewKey {
  readonly nodeId: string;
  readonly keyId: string;
  /** 32 bytes as lower-case hex. */
  readonly publicKey: string;
}

/** Keeps keys of nodes, and the tokens with which they are registered. */
export interface KeyStore extends KeyReader {
  /** Keeps the hash of a token. @throws AppError `conflict` where too many wait to be used */
  addToken(
    token: { readonly hash: string; readonly nodeId: string; readonly expiresAtMs: number },
    act: OperatorAct,
  ): Promise<Decided<void>>;
  /**
   * Registers a key with a token, which is used up; a key that the node had is replaced.
   *
   * @returns the nonce of its first heartbeat
   * @throws AppError `unauthenticated` where the token is not good, `conflict` where the key was registered before
   */
  join(key: NewKey, tokenHash: string, random: string, act: OperatorAct): Promise<Decided<string>>;
  /**
   * Replaces a key by another one that the old one signed.
   *
   * @returns the next nonce
   * @throws AppError as for a heartbeat whose key or nonce does not hold
   */
  rotate(
    key: NewKey,
    old: { readonly keyId: string; readonly nonce: string; readonly fault: KeyFault | null },
    random: string,
    act: OperatorAct,
  ): Promise<Decided<string>>;
  /** Revokes the key of a node; resolves with its id. @throws AppError `not-found` */
  revoke(nodeId: string, act: OperatorAct): Promise<Decided<string>>;
  /** The nonce that the next heartbeat has to sign; another one where that is too old. @throws AppError `not-found` */
  nonce(nodeId: string, random: string, nowMs: number): Promise<Nonce>;
}
