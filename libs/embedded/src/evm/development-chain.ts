import { canonicalAddresses } from '@touchstone/evm-contracts';

/**
 * Base Sepolia's number, and never Base's own: EIP-712 puts the chain and the token into every signature, so that what
 * is signed against a development stack, even with a wallet that holds money, moves nothing on Base.
 */
export const DEVELOPMENT_CHAIN_ID = 84_532;

/** The development chain in CAIP-2 form. */
export const developmentNetwork = `eip155:${DEVELOPMENT_CHAIN_ID}` as const;

/** Address, name and version of the token there, as x402 clients have them built in for Base Sepolia. */
export const developmentToken = canonicalAddresses.usdc[DEVELOPMENT_CHAIN_ID];
