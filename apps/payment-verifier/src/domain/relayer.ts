/** A contract call of a relayer; addresses and data in lower-case hex with `0x`. */
export interface RelayedCall {
  readonly to: string;
  readonly data: string;
  readonly gas: bigint;
}

/** A signed transaction. */
export interface SignedTransaction {
  readonly hash: string;
  readonly raw: `0x${string}`;
}

/** The relayer's key, in the signer, and what the node knows about its account. */
export interface RelayerKey {
  account(): Promise<string>;
  /** @param account whose nonce it is; a transaction of any other is not given out */
  sign(call: RelayedCall, nonce: number, account: string): Promise<SignedTransaction>;
  minedCount(account: string): Promise<number>;
}
