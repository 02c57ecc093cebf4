export { proofObject, type ProofObject } from './proof-object.js';
export { CHUNK_BYTES, OBJECT_BYTES_MAX, unixFsCid } from './unixfs-cid.js';
