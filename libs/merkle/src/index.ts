export { buildTree, merkleRoot } from './rfc9162-tree.js';
export { leafHash } from './tree-hash.js';
