// A whole bundle about one execution of a model made on the fly: signed, batched, logged, anchored on a chain of one block, and the trust file that
// believes it. Keys are constants, since nobody else believes them.
import { anchorStorageSlot, encodeRlp } from '@touchstone/chain-proofs';
import {
  bytesToHex,
  createEcdsaSigner,
  createEd25519Signer,
  formatSignature,
  hexToBytes,
  keccak256,
} from '@touchstone/crypto';
import {
  anchoredCommitment,
  batchEntryText,
  bindSignal,
  buildBundle,
  circuitDigest,
  commitmentHash,
  contextNonce,
  modelVersionIdOf,
  outputDigest,
  outputLeaf,
  provenTensors,
  requestDigest,
  tensorsHash,
} from '@touchstone/evidence';
import {
  buildTree,
  ed25519NoteSigner,
  formatCheckpointText,
  formatVerifierKey,
  leafHash,
  noteKey,
  signNote,
  toPositionedPath,
} from '@touchstone/merkle';

const SIGNED_AT_SECONDS = Date.UTC(2026, 5, 1, 11) / 1_000;
const ORIGIN = 'log.example/bench';
const NETWORK = 'eip155:84532';
const CONTRACT = 'c0'.repeat(20);
const SUBMITTER = '50'.repeat(20);
const DOMAIN = 'model-output-v1';
const LEAVES = 5;
const LEAF_INDEX = 3;

const outputKey = createEcdsaSigner(new Uint8Array(32).fill(7));
const logKey = createEd25519Signer(new Uint8Array(32).fill(9));
const logName = noteKey(ORIGIN, 'ed25519', logKey.publicKey);

/**
 * An output and its request, signed, as far as a proof has to be about them.
 *
 * @param signals public signals of a run, whatever its last one is
 */
export function signOutput(descriptor, signals) {
  const { inputs, outputs, refusal } = provenTensors(descriptor, signals);
  if (refusal !== undefined) throw new Error(refusal);
  const model = { developer: 'bench', modelHash: descriptor.modelHash, name: 'dense.int', version: '1.0.0' };
  const modelVersionId = modelVersionIdOf(model);
  const target = '/v1/models/dense-int/infer';
  const requestParts = { bodyDigest: '11'.repeat(32), method: 'POST', modelVersionId, quoteId: null, target };
  const context = {
    salt: '22'.repeat(32),
    requestDigest: requestDigest(requestParts),
    payment: null,
    node: { nodeId: 'node-1', attestationStatus: 'OK', buildId: 'build-1', capabilityHash: '77'.repeat(32) },
    build: { service: 'inference-gateway', version: '0.1.0', hash: '88'.repeat(32) },
  };
  const [inputHash, outputHash] = [inputs, outputs].map((tensors) => tensorsHash(tensors).value);
  const nonce = contextNonce(context);
  const payload = { modelVersionId, inputHash, outputHash, nonce, timestamp: SIGNED_AT_SECONDS };
  const digest = outputDigest(payload, DOMAIN);
  const signature = formatSignature(outputKey.sign(digest), 'der');
  const proof = { ...payload, domain: DOMAIN, keyId: 'output-1', signature };
  const bind = bindSignal(digest, context.requestDigest);
  return { model, proof, context, inputs, outputs, bind };
}

/** @param signed what {@link signOutput} gave @param zk the proof of it @returns the bundle and a trust file that lists its circuit */
export async function provenBundle({ model, proof, context, inputs, outputs }, zk) {
  const { modelVersionId } = proof;
  const publicKey = bytesToHex(outputKey.publicKey);
  const commitment = {
    ...{ type: 'touchstone.model-commitment.v1', modelVersionId, model, sequence: 0 },
    ...{ keys: [{ kid: 'output-1', alg: 'ES256K', publicKey }], currentKeyId: 'output-1' },
    ...{ vkDigest: null, previous: null, effectiveAt: SIGNED_AT_SECONDS - 1 },
  };
  const tree = buildTree(Array.from({ length: LEAVES }, () => leafHash(outputLeaf(proof))));
  const inclusion = {
    ...{ leafIndex: LEAF_INDEX, treeSize: LEAVES, rootHex: bytesToHex(tree.root) },
    path: toPositionedPath(tree.path(LEAF_INDEX), BigInt(LEAF_INDEX), BigInt(LEAVES)),
  };
  const entry = entryOf(modelVersionId, inclusion.rootHex);
  const logProof = await logged(entry);
  const committed = anchoredCommitment(logProof.checkpoint);
  const chain = chainOf(committed);
  const anchor = { kind: 'evm', network: NETWORK, logProof: 0, level: 'finalized', proof: chain.proof };
  const bundle = buildBundle({
    ...{ proof, context, inputs, outputs, commitment, inclusion, entry, zk },
    ...{ logProofs: [logProof], anchors: [{ ...anchor, commitment: bytesToHex(committed) }] },
    requestParts: null,
  });
  const models = [
    { modelVersionId, commitmentHash: commitmentHash(commitment) },
    { modelVersionId, vkDigest: circuitDigest(zk), setup: 'single-party' },
  ];
  return { bundle, trust: trustIn(chain.blockHash, publicKey, models) };
}

const entryOf = (modelVersionId, root) =>
  batchEntryText({
    ...{ type: 'touchstone.batch.v1', batchId: '019a0000-0000-7000-8000-000000000001', kind: 'output' },
    ...{ leafFormat: DOMAIN, treeProfile: 'rfc9162-sha256', leafCount: LEAVES, root },
    ...{ scope: { modelVersionId }, sealedAt: '2026-06-01T11:00:01.000Z', nodeId: 'node-1', signature: null },
  });

async function logged(entry) {
  const entries = ['earlier', entry, 'later'].map((text) => leafHash(new TextEncoder().encode(text)));
  const tree = buildTree(entries);
  const size = BigInt(entries.length);
  const text = formatCheckpointText({ origin: ORIGIN, size, root: tree.root, extensions: [] });
  const checkpoint = await signNote(text, [ed25519NoteSigner(logName, (message) => logKey.sign(message))]);
  return { checkpoint, leafIndex: '1', treeSize: String(size), path: tree.path(1).map(bytesToHex) };
}

/** A block whose state has one account with one record, so that every hash links. */
function chainOf(commitment) {
  const anchoredAt = (100n << 64n) | BigInt(SIGNED_AT_SECONDS + 60);
  const storage = onlyEntry(
    anchorStorageSlot(hexToBytes(SUBMITTER), commitment),
    encodeRlp(integer(anchoredAt)),
  );
  const account = encodeRlp([integer(1n), integer(0n), storage.root, new Uint8Array(32)]);
  const state = onlyEntry(hexToBytes(CONTRACT), account);
  const empty = (size) => new Uint8Array(size);
  const numbers = [0n, 102n, 30_000_000n, 0n, BigInt(SIGNED_AT_SECONDS + 64)].map(integer);
  const before = [empty(32), empty(32), empty(20), state.root, empty(32), empty(32), empty(256)];
  const header = encodeRlp([...before, ...numbers, empty(0), empty(32), empty(8)]);
  const proof = {
    ...{ header: bytesToHex(header), accountProof: [bytesToHex(state.node)] },
    storageProof: [bytesToHex(storage.node)],
  };
  return { proof, blockHash: bytesToHex(keccak256(header)) };
}

function onlyEntry(key, value) {
  const node = encodeRlp([Uint8Array.of(0x20, ...keccak256(key)), value]);
  return { root: keccak256(node), node };
}

function integer(value) {
  if (value === 0n) return new Uint8Array();
  const hex = value.toString(16);
  return hexToBytes(hex.length % 2 ? `0${hex}` : hex);
}

function trustIn(blockHash, publicKey, models) {
  const key = { kid: 'output-1', alg: 'ES256K', use: 'output', public_key: publicKey, status: 'active' };
  const block = { number: '102', hash: blockHash };
  const chain = { network: NETWORK, test: false, contract: `0x${CONTRACT}`, submitters: [`0x${SUBMITTER}`] };
  return {
    ...{ version: 1, asOf: '2026-06-01T12:00:00Z', models, tsas: [], independent: [NETWORK] },
    keys: [
      { ...key, not_before: '2026-01-01T00:00:00Z', not_after: '2027-01-01T00:00:00Z', domains: [DOMAIN] },
    ],
    logs: [{ origin: ORIGIN, vkey: formatVerifierKey(logName) }],
    witnesses: { k: 0, vkeys: [] },
    chains: [{ ...chain, blocks: [block] }],
  };
}
