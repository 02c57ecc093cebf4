import { reasons } from './reasons.js';

/** What a token says of itself: name and version of the EIP-712 domain that payers sign under; null for nothing. */
export interface TokenDomain {
  readonly name: string | null;
  readonly version: string | null;
}

/**
 * Why a payment under a domain can never be made. The signature is well formed and proves that the payer agreed, but
 * the token computes another digest: "USD Coin" on Base is "USDC" on Base Sepolia, and a copied value looks right.
 */
export function domainMismatch(
  token: TokenDomain | undefined,
  wanted: { readonly name: string; readonly version: string },
): { readonly reason: string; readonly message: string } | undefined {
  if (token === undefined) return undefined;
  const { name, version } = token;
  // The sender's value is not repeated.
  if (name !== null && name !== wanted.name)
    return {
      reason: reasons.tokenName,
      message: `The token calls itself ${JSON.stringify(name)}; extra.name is another.`,
    };
  if (version !== null && version !== wanted.version)
    return {
      reason: reasons.tokenVersion,
      message: `The token's version is ${JSON.stringify(version)}; extra.version is another.`,
    };
  return undefined;
}
