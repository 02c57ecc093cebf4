import { bytesToHex, sha256 } from '@touchstone/crypto';
import type { OutputRecorded } from '@touchstone/contracts';
import { contextNonce, modelVersionIdOf } from '@touchstone/evidence';
import { uuidV7 } from '@touchstone/postgres';
import type { AcceptedLeaf } from '../src/domain/leaf/accepted-leaf.js';

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

/** A schema-valid `output.recorded`; the signature has the right form and is nobody's. */
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
    proof: {
      modelVersionId,
      inputHash: digestOf(`in ${label}`),
      outputHash: digestOf(`out ${label}`),
      nonce: contextNonce(context),
      timestamp: 1_763_632_800,
      domain: 'model-output-v1',
      keyId: 'output-1',
      signature: `${digestOf(`r ${label}`).replace(/^./, '1')}${`0${digestOf(`s ${label}`).slice(1)}`}`,
    },
    context,
    inputs: null,
    outputs: null,
    commitment: {
      type: 'touchstone.model-commitment.v1',
      modelVersionId,
      model,
      sequence: 0,
      keys: [{ kid: 'output-1', alg: 'ES256K', publicKey: `02${'ab'.repeat(32)}` }],
      currentKeyId: 'output-1',
      vkDigest: null,
      previous: null,
      effectiveAt: 1_763_632_800,
    },
    payment: null,
    recordedAt: '2026-01-02T03:04:05.678Z',
  };
}
