import type {
  CanonicalTensor,
  EvmAnchorProofMessage,
  ModelCommitment,
  OutputContext,
  OutputProof,
} from '@touchstone/contracts';
import { anchorStorageSlot, encodeRlp, type RlpItem } from '@touchstone/chain-proofs';
import {
  bytesToHex,
  createEcdsaSigner,
  createEd25519Signer,
  formatSignature,
  hexToBytes,
  keccak256,
  sha256,
} from '@touchstone/crypto';
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
import {
  anchoredCommitment,
  batchEntryText,
  buildBundle,
  commitmentHash,
  contextNonce,
  encodeTensor,
  modelVersionIdOf,
  outputDigest,
  outputLeaf,
  requestDigest,
  tensorsHash,
  type OutputBundle,
  type TrustFile,
} from '../src/index.js';

export const NOW_MS = Date.UTC(2026, 5, 1, 12, 0, 0);
export const SIGNED_AT_SECONDS = NOW_MS / 1_000 - 3_600;
export const ORIGIN = 'log.example/touchstone';
const CONTRACT = `0x${'c0'.repeat(20)}`;
const SUBMITTER = `0x${'50'.repeat(20)}`;
const NETWORK = 'eip155:8453';

const outputKey = createEcdsaSigner(new Uint8Array(32).fill(7));
const logKey = createEd25519Signer(new Uint8Array(32).fill(9));

/** Options of {@link fixture}; every part is genuine, only the chain is one that this file makes up. */
export interface FixtureOptions {
  readonly leaves?: number;
  readonly leafIndex?: number;
  readonly entriesBefore?: number;
  readonly anchored?: boolean;
  readonly test?: boolean;
  /** Which output is signed; outputs of different numbers share keys, model and chain and nothing else. */
  readonly output?: number;
  /** Disclosed input tensors. */
  readonly inputTensors?: number;
  /** The first disclosed input; four numbers when left out. */
  readonly input?: CanonicalTensor;
  /** Who made the model. */
  readonly developer?: string;
}

/** A complete valid bundle with the trust file that proves it. */
export async function fixture(
  options: FixtureOptions = {},
): Promise<{ bundle: OutputBundle; trust: TrustFile }> {
  const { leaves = 5, leafIndex = 3, entriesBefore = 6, anchored = true, test = false } = options;
  const { proof, context, commitment, inputs, outputs, requestParts } = signedOutput(options);
  const others = Array.from({ length: leaves }, (_, index) => sha256(Uint8Array.of(index)));
  const leafHashes = others.map((leaf, index) => leafHash(index === leafIndex ? outputLeaf(proof) : leaf));
  const tree = buildTree(leafHashes);
  const entry = batchEntryText({
    type: 'touchstone.batch.v1',
    batchId: `019a0000-0000-7000-8000-00000000000${(options.output ?? 0) + 1}`,
    kind: 'output',
    leafFormat: 'model-output-v1',
    treeProfile: 'rfc9162-sha256',
    leafCount: leaves,
    root: bytesToHex(tree.root),
    scope: { modelVersionId: proof.modelVersionId },
    sealedAt: '2026-06-01T11:00:01.000Z',
    nodeId: 'node-1',
    signature: null,
  });
  const logProof = await logProofOf(entry, entriesBefore);
  const committed = anchoredCommitment(logProof.checkpoint) ?? new Uint8Array();
  const chain = syntheticChain(committed);
  const bundle = buildBundle({
    proof,
    context,
    inputs,
    outputs,
    commitment,
    inclusion: {
      leafIndex,
      treeSize: leaves,
      path: toPositionedPath(tree.path(leafIndex), BigInt(leafIndex), BigInt(leaves)),
      rootHex: bytesToHex(tree.root),
    },
    entry,
    logProofs: [logProof],
    anchors: anchored
      ? [
          {
            kind: 'evm',
            network: NETWORK,
            logProof: 0,
            commitment: bytesToHex(committed),
            proof: chain.proof,
            level: 'finalized',
          },
        ]
      : [],
    requestParts,
  });
  return { bundle, trust: trustFor(commitment, chain.blockHash, test) };
}

function signedOutput(options: FixtureOptions) {
  const { output = 0, inputTensors = 1, developer = 'samples' } = options;
  const first = options.input ?? tensor('pixels', [output, 1.5, 16, -0]);
  const model = { developer, modelHash: 'ab'.repeat(32), name: 'digits', version: '1.0.0' };
  const modelVersionId = modelVersionIdOf(model);
  const kid = 'output-1';
  const commitment: ModelCommitment = {
    type: 'touchstone.model-commitment.v1',
    modelVersionId,
    model,
    sequence: 0,
    keys: [{ kid, alg: 'ES256K', publicKey: bytesToHex(outputKey.publicKey) }],
    currentKeyId: kid,
    vkDigest: null,
    previous: null,
    effectiveAt: SIGNED_AT_SECONDS - 1,
  };
  const requestParts = {
    bodyDigest: (0x11 + output).toString(16).repeat(32),
    method: 'POST',
    modelVersionId,
    quoteId: null,
    target: '/v1/models/digits/infer',
  };
  const inputs = [first, tensor('mask', [1, output])].slice(0, inputTensors);
  const outputs = [tensor('probabilities', [0.25, 0.75 - output])];
  const context: OutputContext = {
    salt: (0x22 + output).toString(16).repeat(32),
    requestDigest: requestDigest(requestParts),
    payment: {
      network: NETWORK,
      asset: `0x${'83'.repeat(20)}`,
      payer: `0x${'44'.repeat(20)}`,
      payTo: `0x${'55'.repeat(20)}`,
      amount: '10000',
      nonce: (0x66 + output).toString(16).repeat(32),
    },
    node: { nodeId: 'node-1', attestationStatus: 'OK', buildId: 'build-1', capabilityHash: '77'.repeat(32) },
    build: { service: 'inference-gateway', version: '0.1.0', hash: '88'.repeat(32) },
  };
  const payload = {
    modelVersionId,
    inputHash: hashOf(inputs),
    outputHash: hashOf(outputs),
    nonce: contextNonce(context),
    timestamp: SIGNED_AT_SECONDS + output,
  };
  const domain = 'model-output-v1';
  const signature = formatSignature(outputKey.sign(outputDigest(payload, domain)), 'der');
  const proof: OutputProof = { ...payload, domain, keyId: kid, signature };
  return { proof, context, commitment, inputs, outputs, requestParts };
}

function tensor(name: string, data: number[]) {
  const result = encodeTensor({ name, datatype: 'FP32', shape: [1, data.length], data });
  if (!result.ok) throw new Error(result.error.detail);
  return result.value;
}

function hashOf(tensors: ReturnType<typeof tensor>[]): string {
  const hash = tensorsHash(tensors);
  if (!hash.ok) throw new Error(hash.error.detail);
  return hash.value;
}

async function logProofOf(entry: string, entriesBefore: number) {
  const encoder = new TextEncoder();
  const entries = [
    ...Array.from({ length: entriesBefore }, (_, index) => `earlier ${index}`),
    entry,
    'later',
  ];
  const tree = buildTree(entries.map((text) => leafHash(encoder.encode(text))));
  const text = formatCheckpointText({
    origin: ORIGIN,
    size: BigInt(entries.length),
    root: tree.root,
    extensions: [],
  });
  const key = noteKey(ORIGIN, 'ed25519', logKey.publicKey);
  return {
    checkpoint: await signNote(text, [ed25519NoteSigner(key, (message) => logKey.sign(message))]),
    leafIndex: String(entriesBefore),
    treeSize: String(entries.length),
    path: tree.path(entriesBefore).map(bytesToHex),
  };
}

/** A state with one account and one record under a header, so that every hash links. */
function syntheticChain(commitment: Uint8Array): { proof: EvmAnchorProofMessage; blockHash: string } {
  const submitter = hexToBytes(SUBMITTER.slice(2)) ?? new Uint8Array();
  const anchoredAt = (100n << 64n) | BigInt(SIGNED_AT_SECONDS + 60);
  const storage = singleEntryTrie(anchorStorageSlot(submitter, commitment), encodeRlp(integer(anchoredAt)));
  const account: RlpItem = [integer(1n), integer(0n), storage.root, new Uint8Array(32).fill(0xcd)];
  const state = singleEntryTrie(hexToBytes(CONTRACT.slice(2)) ?? new Uint8Array(), encodeRlp(account));
  const fill = (size: number, byte: number): Uint8Array => new Uint8Array(size).fill(byte);
  const header = encodeRlp([
    ...[fill(32, 1), fill(32, 2), fill(20, 3), state.root, fill(32, 4), fill(32, 5), fill(256, 0)],
    ...[
      integer(0n),
      integer(102n),
      integer(30_000_000n),
      integer(0n),
      integer(BigInt(SIGNED_AT_SECONDS + 64)),
    ],
    ...[new Uint8Array(), fill(32, 6), fill(8, 0)],
  ]);
  return {
    proof: {
      header: bytesToHex(header),
      accountProof: [bytesToHex(state.node)],
      storageProof: [bytesToHex(storage.node)],
    },
    blockHash: bytesToHex(keccak256(header)),
  };
}

function singleEntryTrie(key: Uint8Array, value: Uint8Array): { root: Uint8Array; node: Uint8Array } {
  const node = encodeRlp([Uint8Array.of(0x20, ...keccak256(key)), value]);
  return { root: keccak256(node), node };
}

function integer(value: bigint): Uint8Array {
  if (value === 0n) return new Uint8Array();
  const hex = value.toString(16);
  return hexToBytes(hex.length % 2 ? `0${hex}` : hex) ?? new Uint8Array();
}

function trustFor(commitment: ModelCommitment, blockHash: string, test: boolean): TrustFile {
  return {
    version: 1,
    asOf: '2026-06-01T12:00:00Z',
    keys: [
      {
        kid: 'output-1',
        alg: 'ES256K',
        use: 'output',
        public_key: bytesToHex(outputKey.publicKey),
        status: 'active',
        not_before: '2026-01-01T00:00:00Z',
        not_after: '2027-01-01T00:00:00Z',
        domains: ['model-output-v1'],
      },
    ],
    models: [{ modelVersionId: commitment.modelVersionId, commitmentHash: commitmentHash(commitment) }],
    logs: [{ origin: ORIGIN, vkey: formatVerifierKey(noteKey(ORIGIN, 'ed25519', logKey.publicKey)) }],
    witnesses: { k: 0, vkeys: [] },
    chains: [
      {
        network: NETWORK,
        test,
        contract: CONTRACT,
        submitters: [SUBMITTER],
        blocks: [{ number: '102', hash: blockHash }],
      },
    ],
    tsas: [],
    independent: test ? [] : [NETWORK],
  };
}
