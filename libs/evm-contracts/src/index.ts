export { anchorRegistry } from './artifacts/anchor-registry.js';
export { canonicalAddresses } from './canonical-addresses.js';
export { eip3009 } from './eip3009.js';
export { multicall3 } from './artifacts/multicall3.js';
