import { bytesToHex, createEcdsaSigner, ecdsaPublicKey, hexToBytes, sha256 } from '@touchstone/crypto';
import type { KeystoreEntry, OutputProof, OutputRecorded } from '@touchstone/contracts';
import { contextNonce, modelVersionIdOf, outputDigest } from '@touchstone/evidence';
import { uuidV7 } from '@touchstone/postgres';
import { signerSeeds } from '@touchstone/testing';
import type { AcceptedLeaf } from '../../src/domain/leaf/accepted-leaf.js';

/** 32 bytes in hex that follow from a text. */
export const digestOf = (text: string): string => bytesToHex(sha256(new TextEncoder().encode(text)));

/** A leaf as it is accepted; different labels give different leaves. */
export function leafOf(label: string, model = 'model-a'): AcceptedLeaf {
  return {
    leaf: sha256(new TextEncoder().encode(`leaf ${label} ${model}`)),
    modelVersionId: digestOf(model),
    nonce: digestOf(`nonce ${label} ${model}`),
    modelId: model,
    verificationId: uuidV7(),
  };
}

/** `count` leaves of one model. */
export function leavesOf(prefix: string, count: number, model = 'model-a'): AcceptedLeaf[] {
  return Array.from({ length: count }, (_, index) => leafOf(`${prefix}-${index}`, model));
}

/** The private key that signs outputs in tests; the signer of the tests has it too. */
export const OUTPUT_KEY_HEX = signerSeeds.output;
/** Its name. */
export const OUTPUT_KEY_ID = 'output-1';
const outputKey = hexToBytes(OUTPUT_KEY_HEX) as Uint8Array;
const signer = createEcdsaSigner(outputKey);

/** The listed key of {@link recordedOutput}. */
export const outputKeyEntry: KeystoreEntry = {
  kid: OUTPUT_KEY_ID,
  alg: 'ES256K',
  use: 'output',
  public_key: bytesToHex(ecdsaPublicKey(outputKey)),
  status: 'active',
  not_before: '2020-01-01T00:00:00Z',
  not_after: '2099-12-31T23:59:59Z',
};

/** Signs what a proof says. */
export function signedProof(unsigned: Omit<OutputProof, 'signature'>): OutputProof {
  return { ...unsigned, signature: bytesToHex(signer.sign(outputDigest(unsigned, unsigned.domain))) };
}

/** An `output.recorded` as the gateway writes it, signed by {@link OUTPUT_KEY_HEX}. */
export function recordedOutput(label: string, modelId = 'model-a'): OutputRecorded {
  const model = {
    developer: 'Example',
    modelHash: digestOf(`file ${modelId}`),
    name: modelId,
    version: '1.0.0',
  };
  const modelVersionId = modelVersionIdOf(model);
  const context = {
    salt: digestOf(`salt ${label}`),
    requestDigest: null,
    payment: null,
    node: null,
    build: { service: 'inference-gateway', version: '0.1.0', hash: 'b'.repeat(64) },
  };
  return {
    verificationId: uuidV7(),
    modelId,
    proof: signedProof({
      modelVersionId,
      inputHash: digestOf(`in ${label}`),
      outputHash: digestOf(`out ${label}`),
      nonce: contextNonce(context),
      timestamp: 1_763_632_800,
      domain: 'model-output-v1',
      keyId: OUTPUT_KEY_ID,
    }),
    context,
    inputs: null,
    outputs: null,
    commitment: {
      type: 'touchstone.model-commitment.v1',
      modelVersionId,
      model,
      sequence: 0,
      keys: [{ kid: OUTPUT_KEY_ID, alg: 'ES256K', publicKey: outputKeyEntry.public_key }],
      currentKeyId: OUTPUT_KEY_ID,
      vkDigest: null,
      previous: null,
      effectiveAt: 1_763_632_800,
    },
    payment: null,
    recordedAt: '2026-01-02T03:04:05.678Z',
  };
}
