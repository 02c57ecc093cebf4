export { anchorRegistry } from './artifacts/anchor-registry.js';
export { canonicalAddresses } from './canonical-addresses.js';
export { multicall3 } from './artifacts/multicall3.js';
export { testUsdc } from './artifacts/test-usdc.js';
