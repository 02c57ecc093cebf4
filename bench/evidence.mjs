// Offline verification of a whole bundle beside its bare signature verifications.
import { readFileSync } from 'node:fs';
import { bytesToHex, ecdsaVerify, ed25519Verify, hexToBytes, parseSignature } from '@touchstone/crypto';
import { outputDigest, readTrustFile, verifyEvidence } from '@touchstone/evidence';
import { parseNote, parseVerifierKey } from '@touchstone/merkle';
import { compare } from './harness/compare.mjs';

const nowMs = Date.UTC(2026, 5, 1, 12);
const { cases } = JSON.parse(
  readFileSync(new URL('../libs/evidence/vectors/evidence.json', import.meta.url), 'utf8'),
);

function compareBundle(name, label, goal) {
  const { bundle, trust: trustValue } = cases.find((candidate) => candidate.name === name).input;
  const text = JSON.stringify(bundle);
  const trust = readTrustFile(JSON.stringify(trustValue));
  const { proof } = bundle.subject;
  const digest = outputDigest(proof, proof.domain);
  const { compact } = parseSignature(proof.signature);
  const publicKey = hexToBytes(trust.keys[0].public_key);
  const { note } = parseNote(bundle.logProofs[0].checkpoint);
  const logKey = parseVerifierKey(trust.logs[0].vkey).key.publicKey;
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
    ours: verify,
    baseline: bare,
  });
}

compareBundle('L1 without an anchor', 'without a chain proof', { of: 'ratio', min: 0.6 });
compareBundle('L2', 'with an EVM proof', { of: 'ours', min: 200 });
