// Offline verification of a whole bundle beside its bare signature verifications.
import { readFileSync } from 'node:fs';
import { bytesToHex, ecdsaVerify, ed25519Verify, hexToBytes, parseSignature } from '@touchstone/crypto';
import { outputDigest, readTrustFile, verifyEvidence } from '@touchstone/evidence';
import { parseNote, parseVerifierKey } from '@touchstone/merkle';

const ROUND_MS = 1_000;
const ROUNDS = 5;
const nowMs = Date.UTC(2026, 5, 1, 12);
const { cases } = JSON.parse(
  readFileSync(new URL('../libs/evidence/vectors/evidence.json', import.meta.url), 'utf8'),
);

function rate(operation) {
  const end = performance.now() + ROUND_MS;
  let count = 0;
  while (performance.now() < end) {
    for (let repeat = 0; repeat < 20; repeat += 1) operation();
    count += 20;
  }
  return count / (ROUND_MS / 1_000);
}

function median(values) {
  return values.sort((left, right) => left - right)[Math.floor(values.length / 2)];
}

function compare(name, label) {
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
  rate(verify);
  rate(bare);
  const pairs = Array.from({ length: ROUNDS }, () => ({ ours: rate(verify), baseline: rate(bare) }));
  const row = {
    name: `verify a bundle ${label} per second / its bare signature verifications`,
    ours: Math.round(median(pairs.map(({ ours }) => ours))),
    baseline: Math.round(median(pairs.map(({ baseline }) => baseline))),
    ratio: Number(median(pairs.map(({ ours, baseline }) => ours / baseline)).toFixed(3)),
  };
  process.stdout.write(`${JSON.stringify(row)}\n`);
}

compare('L1 without an anchor', 'without chain proof');
compare('L2', 'with an EVM proof');
