// Offline verification of a whole bundle beside its bare signature verifications, and building one.
import { readFileSync } from 'node:fs';
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

/** A verification runs more code than any other row; it keeps getting faster for some thousand times. */
const WARM_UP_COUNT = 6_000;
const nowMs = Date.UTC(2026, 5, 1, 12);
const { cases } = JSON.parse(
  readFileSync(new URL('../libs/evidence/vectors/evidence.json', import.meta.url), 'utf8'),
);

const inputOf = (name) => cases.find((candidate) => candidate.name === name).input;

function compareBundle({ name, label, goal = null, textOf = bundleText, prepare = prepareTrust }) {
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
  const bare = () => {
    const output = ecdsaVerify(digest, compact, publicKey);
    const log = ed25519Verify(message, note.signatures[0].signature, logKey);
    if (output !== 'ok' || log !== 'ok') throw new Error(`not ok for ${bytesToHex(digest)}`);
  };
  compare({
    name: `evidence: verify a bundle ${label}`,
    baselineName: 'its two signatures',
    goal,
    warmUpCount: WARM_UP_COUNT,
    ours: verify,
    baseline: bare,
  });
}

const anchored = 'L2';
const unanchored = 'L1 without an anchor';
compareBundle({ name: unanchored, label: 'without a chain proof', goal: { of: 'ratio', min: 0.6 } });
compareBundle({ name: anchored, label: 'with an EVM proof', goal: { of: 'ours', min: 200 } });
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
