import type { CanonicalTensor, ModelCommitment, OutputContext, OutputProof } from '@touchstone/contracts';
import { bytesToHex, createEcdsaSigner, formatSignature, sha256 } from '@touchstone/crypto';
import { buildTree, leafHash, toPositionedPath } from '@touchstone/merkle';
import {
  batchEntryText,
  buildBundle,
  circuitDigest,
  commitmentHash,
  contextNonce,
  encodeTensor,
  modelVersionIdOf,
  outputDigest,
  outputLeaf,
  provenTensors,
  requestDigest,
  tensorsHash,
  type OutputBundle,
  type TrustFile,
} from '../src/index.js';
import { recordedZk } from './golden/recorded-zk.js';
import { logged, NETWORK, NOW_MS, ORIGIN, SIGNED_AT_SECONDS, trustIn } from './log-and-chain.js';

export { NOW_MS, ORIGIN, SIGNED_AT_SECONDS };

const outputKey = createEcdsaSigner(new Uint8Array(32).fill(7));

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
  /** A model in whole numbers whose execution is proved; the trust file says of its set-up what stands here. */
  readonly proven?: 'single-party' | 'multi-party';
  /** Paid by a transfer that was made before, instead of an authorisation. */
  readonly transfer?: boolean;
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
  const proofs = await logged(entry, entriesBefore);
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
    logProofs: proofs.logProofs,
    anchors: anchored ? proofs.anchors : [],
    requestParts,
    ...(options.proven ? { zk: recordedZk.zk } : {}),
  });
  const { modelVersionId } = commitment;
  const models = [
    { modelVersionId, commitmentHash: commitmentHash(commitment) },
    ...(options.proven ? [{ modelVersionId, vkDigest: provenCircuitDigest(), setup: options.proven }] : []),
  ];
  return { bundle, trust: trustIn(proofs, test, { keys: [trustedKey()], models }) };
}

function signedOutput(options: FixtureOptions) {
  const { output = 0, inputTensors = 1, developer = 'samples' } = options;
  const first = options.input ?? tensor('pixels', [output, 1.5, 16, -0]);
  const model = options.proven
    ? { developer, modelHash: recordedZk.zk.descriptor.modelHash, name: 'tiny.int', version: '1.0.0' }
    : { developer, modelHash: 'ab'.repeat(32), name: 'digits', version: '1.0.0' };
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
  const { inputs, outputs } = options.proven
    ? provenFixtureTensors()
    : {
        inputs: [first, tensor('mask', [1, output])].slice(0, inputTensors),
        outputs: [tensor('probabilities', [0.25, 0.75 - output])],
      };
  const context: OutputContext = {
    salt: (0x22 + output).toString(16).repeat(32),
    requestDigest: requestDigest(requestParts),
    payment: {
      network: NETWORK,
      asset: `0x${'83'.repeat(20)}`,
      payer: `0x${'44'.repeat(20)}`,
      payTo: `0x${'55'.repeat(20)}`,
      amount: '10000',
      // Made by an authorisation, or a plain transfer.
      ...(options.transfer
        ? { txHash: (0x66 + output).toString(16).repeat(32), logIndex: 3 }
        : { nonce: (0x66 + output).toString(16).repeat(32) }),
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

/** The digest of the recorded circuit, as a trust file lists it. */
export const provenCircuitDigest = (): string => circuitDigest(recordedZk.zk);

function provenFixtureTensors() {
  const tensors = provenTensors(recordedZk.zk.descriptor, recordedZk.zk.publicSignals);
  if ('refusal' in tensors) throw new Error(tensors.refusal);
  return tensors;
}

function hashOf(tensors: readonly CanonicalTensor[]): string {
  const hash = tensorsHash(tensors);
  if (!hash.ok) throw new Error(hash.error.detail);
  return hash.value;
}

function trustedKey(): TrustFile['keys'][number] {
  return {
    kid: 'output-1',
    alg: 'ES256K',
    use: 'output',
    public_key: bytesToHex(outputKey.publicKey),
    status: 'active',
    not_before: '2026-01-01T00:00:00Z',
    not_after: '2027-01-01T00:00:00Z',
    domains: ['model-output-v1'],
  };
}
