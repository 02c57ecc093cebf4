export type { G1Text, G2Text } from './affine-text.js';
export { SIGNALS_MAX } from './limits.js';
export { prepareKey, type PreparedKey } from './prepared-key.js';
export { type Groth16Proof, readProof } from './proof.js';
export { FIELD_ORDER, readPublicSignals } from './public-signals.js';
export {
  fromSnarkjsKey,
  fromSnarkjsProof,
  type SnarkjsProof,
  type SnarkjsVerificationKey,
  toSnarkjsKey,
  toSnarkjsProof,
} from './snarkjs.js';
export { type Groth16Failure, groth16Failures, type Reading, type Verdict } from './verdict.js';
export { readVerificationKey, type VerificationKey } from './verification-key.js';
export { verifyProof } from './verify-proof.js';
export { vkDigest } from './vk-digest.js';
