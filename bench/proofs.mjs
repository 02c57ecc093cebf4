// Notes and chain proofs beside the cryptography that they cannot do without.
import { readFileSync } from 'node:fs';
import { anchorStorageSlot, parseEvmAnchorProof, verifyEvmAnchor } from '@touchstone/chain-proofs';
import { ed25519Verify, hexToBytes, keccak256 } from '@touchstone/crypto';
import { ed25519NoteVerifier, openCheckpoint, parseNote, parseVerifierKey } from '@touchstone/merkle';
import { compare } from './harness/compare.mjs';

const WARM_UP_COUNT = 2_000;
const { cases } = JSON.parse(
  readFileSync(new URL('../libs/evidence/vectors/evidence.json', import.meta.url), 'utf8'),
);
const { bundle, trust } = cases.find(({ name }) => name === 'L2').input;

const checkpoint = bundle.logProofs[0].checkpoint;
const { note } = parseNote(checkpoint);
const { key } = parseVerifierKey(trust.logs[0].vkey);
const log = ed25519NoteVerifier(key, (...signed) => ed25519Verify(...signed) === 'ok');
const message = new TextEncoder().encode(note.text);
compare({
  name: 'note: read and verify a signed checkpoint',
  warmUpCount: WARM_UP_COUNT,
  baselineName: 'its signature',
  ours: () => {
    if (!openCheckpoint(checkpoint, log).ok) throw new Error('refused');
  },
  baseline: () => ed25519Verify(message, note.signatures[0].signature, key.publicKey),
});
const [anchor] = bundle.anchors;
const [chain] = trust.chains;
const contract = hexToBytes(chain.contract.slice(2));
const submitter = hexToBytes(chain.submitters[0].slice(2));
const commitment = hexToBytes(anchor.commitment);
const { proof } = parseEvmAnchorProof(anchor.proof);
/** Header, every trie node, the keys of account and slot, and the slot itself: the hashes that no verifier can save. */
const hashed = [
  proof.headerRlp,
  ...proof.accountProof,
  ...proof.storageProof,
  contract,
  anchorStorageSlot(submitter, commitment),
  new Uint8Array(64),
];
compare({
  warmUpCount: WARM_UP_COUNT,
  name: 'chain-proofs: read and verify an EVM anchor',
  baselineName: 'its Keccak-256 hashes',
  ours: () => {
    const read = parseEvmAnchorProof(anchor.proof);
    if (!verifyEvmAnchor({ ...read.proof, contract, submitter, commitment }).ok) throw new Error('refused');
  },
  baseline: () => hashed.forEach((bytes) => keccak256(bytes)),
});
