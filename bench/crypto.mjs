// Signing and verification through @touchstone/crypto beside the bare libraries, and the hash everything rests on.
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { createRequire } from 'node:module';
import {
  createEcdsaSigner,
  createEd25519Signer,
  ecdsaSign,
  ecdsaVerify,
  ed25519Sign,
  ed25519Verify,
} from '@touchstone/crypto';
import { compare } from './harness/compare.mjs';

const native = createRequire(new URL('../libs/crypto/package.json', import.meta.url))(
  'secp256k1/bindings.js',
);

const digest = new Uint8Array(32).fill(9);
const key = new Uint8Array(32).fill(7);

const ecdsaSigner = createEcdsaSigner(key);
const compact = ecdsaSigner.sign(digest);
const ecdsaKey = ecdsaSigner.publicKey;

const edSigner = createEd25519Signer(key);
const edSignature = edSigner.sign(digest);
const edPrivate = createPrivateKey({
  key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), key]),
  format: 'der',
  type: 'pkcs8',
});
const edPublic = createPublicKey(edPrivate);

const bareEcdsaSign = () => native.ecdsaSign(digest, key);
const bareEcdsaVerify = () => native.ecdsaVerify(compact, digest, ecdsaKey);
const bareEdSign = () => sign(null, digest, edPrivate);
const bareEdVerify = () => verify(null, digest, edPublic, edSignature);
const both = (first, second) => () => {
  first();
  second();
};

const signingGoal = { of: 'ratio', min: 0.8 };

compare({
  name: 'ecdsa: sign with a signer',
  baselineName: 'bare sign + bare verify',
  goal: signingGoal,
  ours: () => ecdsaSigner.sign(digest),
  baseline: both(bareEcdsaSign, bareEcdsaVerify),
});
compare({
  name: 'ecdsa: sign with a signer, beside bare sign',
  baselineName: 'bare sign',
  ours: () => ecdsaSigner.sign(digest),
  baseline: bareEcdsaSign,
});
compare({
  name: 'ecdsa: sign once, deriving the key',
  baselineName: 'bare sign + bare verify',
  ours: () => ecdsaSign(digest, key),
  baseline: both(bareEcdsaSign, bareEcdsaVerify),
});
compare({
  name: 'ecdsa: verify',
  baselineName: 'bare verify',
  goal: signingGoal,
  ours: () => ecdsaVerify(digest, compact, ecdsaKey),
  baseline: bareEcdsaVerify,
});
compare({
  name: 'ed25519: sign with a signer',
  baselineName: 'bare sign + bare verify',
  goal: signingGoal,
  ours: () => edSigner.sign(digest),
  baseline: both(bareEdSign, bareEdVerify),
});
compare({
  name: 'ed25519: sign with a signer, beside bare sign',
  baselineName: 'bare sign',
  ours: () => edSigner.sign(digest),
  baseline: bareEdSign,
});
compare({
  name: 'ed25519: sign once, importing the key',
  baselineName: 'bare sign + bare verify',
  ours: () => ed25519Sign(digest, key),
  baseline: both(bareEdSign, bareEdVerify),
});
compare({
  name: 'ed25519: verify with a known key',
  baselineName: 'bare verify',
  goal: signingGoal,
  ours: () => ed25519Verify(digest, edSignature, edSigner.publicKey),
  baseline: bareEdVerify,
});
