import { AppError } from '@touchstone/contracts';
import { fromRaw } from '@touchstone/evidence';
import type { ModelExecutorParts } from '../../../inference-gateway/src/domain/inference/execute-model.js';
import type { Model } from '../../../inference-gateway/src/domain/model/model.js';
import type { PaymentReader, PaymentTerms } from '../../../inference-gateway/src/domain/payment/payment.js';

export const MODEL_ID = 'sum';
/** What the payer asks. */
export const OWN_VALUE = 1;
export const PRICE = '10000';
export const PAYER = `0x${'cc'.repeat(20)}`;

const tensor = { name: 'x', datatype: 'FP32' as const, shape: [1] };

/** A version of the one model of these histories; another version is what a replaced file makes. */
export function modelOf(version: 1 | 2, priceAtomic: string): Model {
  const manifest = {
    id: MODEL_ID,
    name: 'Sum',
    version: String(version),
    developer: 'nobody',
    description: 'adds',
    file: 'sum.onnx',
    sha256: 'aa'.repeat(32),
    task: 'sum',
    inputs: [tensor],
    outputs: [tensor],
    priceAtomic,
  };
  return {
    manifest,
    identity: {} as Model['identity'],
    modelVersionId: String(version).repeat(64),
    modelHashSha3: 'bb'.repeat(32),
    origin: 'added',
    sizeBytes: 1,
    withFile: () => Promise.reject(new Error('nobody reads it')),
    preprocessing: undefined,
  };
}

export const terms: PaymentTerms = {
  network: 'eip155:84532',
  asset: `0x${'83'.repeat(20)}`,
  assetName: 'USDC',
  assetVersion: '2',
  payTo: `0x${'aa'.repeat(20)}`,
};

/** A request that the model takes; the value makes another body. */
export function requestOf(value: number) {
  const request = { inputs: [{ ...tensor, data: [value] }] };
  return { request, body: new TextEncoder().encode(JSON.stringify(request)) };
}

/** What the executor runs and signs with, without the parts that these histories are not about. */
export function executorParts(
  nowMs: () => number,
  ids: () => string,
  fails: () => boolean,
): ModelExecutorParts {
  let salts = 0;
  const commitment = {
    type: 'touchstone.model-commitment.v1',
    sequence: 0,
  };
  return {
    runner: {
      run: async () => {
        if (fails()) throw new AppError('queue-full', 'Too many runs wait.');
        return { outputs: [fromRaw('x', 'FP32', [1], new Uint8Array(4))], milliseconds: 1 };
      },
    },
    signer: {
      signOutput: async (payload) => ({
        ...payload,
        domain: 'model-output-v1',
        keyId: 'k',
        signature: 'ab'.repeat(64),
      }),
      keys: () => Promise.reject(new Error('nobody asks')),
    },
    commitments: { naming: async () => commitment } as unknown as ModelExecutorParts['commitments'],
    node: {
      current: () => ({ nodeId: 'n', attestationStatus: 'UNKNOWN', buildId: null, capabilityHash: null }),
    },
    build: { service: 'inference-gateway', version: '0.1.0', hash: 'b'.repeat(64) },
    nowMs,
    newId: ids,
    randomBytes: (length) => new Uint8Array(length).fill((salts += 1) % 256),
  };
}

/** Reads headers that are plain JSON, by the rule of the x402 library as far as these histories need it. */
export const reader: PaymentReader = {
  read: (header) => JSON.parse(header) as ReturnType<PaymentReader['read']>,
  accepts: ({ accepted }, { amount, payTo, asset }) =>
    accepted['amount'] === amount && accepted['payTo'] === payTo && accepted['asset'] === asset,
};
