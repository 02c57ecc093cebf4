// Signing and verification through @touchstone/crypto against the bare libraries, measured alternately in one run.
// Prints one JSON line per row: `ours` and `baseline` in operations per second, `ratio` = ours / baseline.
// Run after a build: node bench/crypto.mjs
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { createRequire } from 'node:module';
import {
  createEcdsaSigner,
  createEd25519Signer,
  ecdsaSign,
  ecdsaVerify,
  ed25519Sign,
  ed25519Verify,
} from '../libs/crypto/dist/index.js';

const ROUNDS = 25;
const ROUND_MS = 30;
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

const rows = [
  [
    'ecdsa sign and verify after signing / bare sign + bare verify',
    () => ecdsaSigner.sign(digest),
    both(bareEcdsaSign, bareEcdsaVerify),
  ],
  ['ecdsa sign and verify after signing / bare sign', () => ecdsaSigner.sign(digest), bareEcdsaSign],
  [
    'ecdsa one-shot sign with key derivation / bare sign + bare verify',
    () => ecdsaSign(digest, key),
    both(bareEcdsaSign, bareEcdsaVerify),
  ],
  ['ecdsa verify / bare verify', () => ecdsaVerify(digest, compact, ecdsaKey), bareEcdsaVerify],
  [
    'ed25519 sign and verify after signing / bare sign + bare verify',
    () => edSigner.sign(digest),
    both(bareEdSign, bareEdVerify),
  ],
  ['ed25519 sign and verify after signing / bare sign', () => edSigner.sign(digest), bareEdSign],
  [
    'ed25519 one-shot sign with key import / bare sign + bare verify',
    () => ed25519Sign(digest, key),
    both(bareEdSign, bareEdVerify),
  ],
  [
    'ed25519 verify with cached key / bare verify',
    () => ed25519Verify(digest, edSignature, edSigner.publicKey),
    bareEdVerify,
  ],
];

function rate(operation) {
  const started = performance.now();
  let count = 0;
  let elapsed = 0;
  do {
    for (let index = 0; index < 20; index += 1) operation();
    count += 20;
    elapsed = performance.now() - started;
  } while (elapsed < ROUND_MS);
  return (count / elapsed) * 1000;
}

function median(values) {
  return values.sort((left, right) => left - right)[Math.floor(values.length / 2)];
}

for (const [name, operation, baselineOperation] of rows) {
  rate(operation);
  rate(baselineOperation);
  const pairs = Array.from({ length: ROUNDS }, () => ({
    ours: rate(operation),
    baseline: rate(baselineOperation),
  }));
  const row = {
    name,
    ours: Math.round(median(pairs.map(({ ours }) => ours))),
    baseline: Math.round(median(pairs.map(({ baseline }) => baseline))),
    ratio: Number(median(pairs.map(({ ours, baseline }) => ours / baseline)).toFixed(3)),
  };
  process.stdout.write(`${JSON.stringify(row)}\n`);
}
