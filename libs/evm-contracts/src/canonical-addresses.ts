/**
 * Addresses that client packages have built in. A development chain puts its stand-ins exactly there
 * (`anvil_setCode` with `deployedBytecode`), so that those packages run unmodified.
 *
 * USDC: Circle's list of contract addresses, by chain id. Multicall3: the same address on every chain.
 */
export const canonicalAddresses = {
  multicall3: '0xcA11bde05977b3631167028862bE2a173976CA11',
  usdc: {
    8453: { address: '0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913', name: 'USD Coin', version: '2' },
    84532: { address: '0x036CbD53842c5426634e7929541eC2318f3dCF7e', name: 'USDC', version: '2' },
  },
} as const;
