// Offline verification of a whole bundle beside its bare signature verifications, and building one.
import { createPublicKey, verify as verifySignature } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { bytesToHex, ecdsaVerify, ed25519Verify, hexToBytes, parseSignature } from '@touchstone/crypto';
import {
  buildBundle,
  bundleText,
  outputDigest,
  prepareTrust,
  readTrustFile,
  verifyEvidence,
} from '@touchstone/evidence';
import { parseNote, parseVerifierKey } from '@touchstone/merkle';
import { compare } from './harness/compare.mjs';

const native = createRequire(new URL('../libs/crypto/package.json', import.meta.url))(
  'secp256k1/bindings.js',
);
/** SubjectPublicKeyInfo of an Ed25519 key up to the key itself (RFC 8410). */
const ED25519_SPKI = Buffer.from('302a300506032b6570032100', 'hex');
const OWN_CALLS = 'its two signatures by our own calls, keys kept';

/** A verification runs more code than any other row; it keeps getting faster for some thousand times. */
const WARM_UP_COUNT = 6_000;
const nowMs = Date.UTC(2026, 5, 1, 12);
const cases = ['evidence', 'rfc3161'].flatMap(
  (file) =>
    JSON.parse(readFileSync(new URL(`../libs/evidence/vectors/${file}.json`, import.meta.url), 'utf8')).cases,
);

const inputOf = (name) => cases.find((candidate) => candidate.name === name).input;

/** The calls that a program without us would make for the same signatures: the libraries', with keys as they take them. */
function bareLibraries(digest, compact, publicKey, message, signature, logKey) {
  const logPublic = createPublicKey({
    key: Buffer.concat([ED25519_SPKI, logKey]),
    format: 'der',
    type: 'spki',
  });
  return () => {
    const output = native.ecdsaVerify(compact, digest, publicKey);
    if (!output || !verifySignature(null, message, logPublic, signature)) throw new Error('not valid');
  };
}

function compareBundle({
  name,
  label,
  goal = null,
  textOf = bundleText,
  prepare = prepareTrust,
  baseline = 'its two signatures by the bare libraries',
}) {
  const { bundle, trust: trustValue } = inputOf(name);
  const text = textOf(bundle);
  const trustRead = readTrustFile(JSON.stringify(trustValue));
  const trust = prepare(trustRead);
  const { proof } = bundle.subject;
  const digest = outputDigest(proof, proof.domain);
  const { compact } = parseSignature(proof.signature);
  const publicKey = hexToBytes(trustRead.keys[0].public_key);
  const { note } = parseNote(bundle.logProofs[0].checkpoint);
  const logKey = parseVerifierKey(trustRead.logs[0].vkey).key.publicKey;
  const message = new TextEncoder().encode(note.text);
  const verify = () => {
    if (verifyEvidence(text, { trust, nowMs }).result !== 'VALID') throw new Error('not valid');
  };
  const [{ signature }] = note.signatures;
  const ownCalls = () => {
    const output = ecdsaVerify(digest, compact, publicKey);
    const log = ed25519Verify(message, signature, logKey);
    if (output !== 'ok' || log !== 'ok') throw new Error(`not ok for ${bytesToHex(digest)}`);
  };
  const bare = bareLibraries(digest, compact, publicKey, message, signature, logKey);
  compare({
    name: `evidence: verify a bundle ${label}`,
    baselineName: baseline,
    goal,
    warmUpCount: WARM_UP_COUNT,
    ours: verify,
    baseline: baseline === OWN_CALLS ? ownCalls : bare,
  });
}

const anchored = 'L2';
const unanchored = 'L1 without an anchor';
compareBundle({ name: unanchored, label: 'without a chain proof', goal: { of: 'ratio', min: 0.6 } });
compareBundle({ name: unanchored, label: 'without a chain proof', baseline: OWN_CALLS });
compareBundle({ name: anchored, label: 'with an EVM proof', goal: { of: 'ours', min: 200 } });
for (const [name, label] of [
  ['ECDSA P-256', 'with a time-stamp token, ECDSA P-256'],
  ['RSA below another', 'with a time-stamp token, RSA below another authority'],
  ['ECDSA P-384 below two others', 'with a time-stamp token, ECDSA P-384 below two others'],
])
  compareBundle({ name, label, goal: { of: 'ours', min: 500 } });
compareBundle({
  name: unanchored,
  label: 'without a chain proof, trust file not prepared',
  prepare: (trust) => trust,
});
compareBundle({
  name: unanchored,
  label: 'without a chain proof, text indented',
  textOf: (bundle) => JSON.stringify(bundle, null, 2),
});

const { bundle } = inputOf(anchored);
const parts = {
  ...bundle.subject,
  commitment: bundle.commitment,
  inclusion: bundle.inclusion,
  entry: bundle.entry,
  logProofs: bundle.logProofs,
  anchors: bundle.anchors,
  requestParts: bundle.payment.requestParts,
};
compare({
  name: 'evidence: build a bundle and write its text',
  baselineName: 'JSON.stringify of the bundle',
  warmUpCount: WARM_UP_COUNT,
  ours: () => bundleText(buildBundle(parts)),
  baseline: () => JSON.stringify(bundle),
});
