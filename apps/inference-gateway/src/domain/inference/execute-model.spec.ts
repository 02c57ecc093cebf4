import { beforeAll, describe, expect, it } from '@jest/globals';
import type { OutputPayload, OutputProof } from '@touchstone/contracts';
import { contextNonce, fromRaw } from '@touchstone/evidence';
import { sampleModels } from '../../../test/support/sample-models.js';
import type { CommitmentKeeper } from '../model/commitment-keeper.js';
import type { Model } from '../model/model.js';
import { ModelExecutor, type ModelExecutorParts } from './execute-model.js';

let digits: Model;
const floats = (name: string, length: number) =>
  fromRaw(name, 'FP32', [1, length], new Uint8Array(length * 4));

beforeAll(async () => {
  digits = (await sampleModels()).get('digits') as Model;
});

const sign = async (payload: OutputPayload): Promise<OutputProof> => ({
  ...payload,
  domain: 'model-output-v1',
  keyId: 'k',
  signature: 'ab'.repeat(64),
});

function executor(change: Partial<ModelExecutorParts> = {}): ModelExecutor {
  return new ModelExecutor({
    runner: { run: async () => ({ outputs: [floats('probabilities', 10)], milliseconds: 1.23456 }) },
    signer: { signOutput: sign, keys: () => Promise.reject(new Error('not asked')) },
    commitments: { naming: async () => ({ sequence: 0 }) } as unknown as CommitmentKeeper,
    node: { current: () => ({ nodeId: 'n', attestationStatus: 'OK', buildId: null, capabilityHash: null }) },
    build: { service: 'inference-gateway', version: '0.1.0', hash: 'b'.repeat(64) },
    nowMs: () => 1_763_632_800_999,
    newId: () => '019ab000-0000-7000-8000-000000000000',
    randomBytes: (length) => new Uint8Array(length).fill(7),
    ...change,
  });
}

const request = () => ({
  model: digits,
  inputs: [floats('pixels', 64)],
  requestParts: {
    bodyDigest: 'a'.repeat(64),
    method: 'POST',
    modelVersionId: digits.modelVersionId,
    quoteId: null,
    target: '/v1/models/digits/infer',
  },
  startedMs: performance.now(),
});

describe('ModelExecutor', () => {
  it('has the nonce of the whole context signed, in whole seconds', async () => {
    const { proof, context, inferenceMs } = await executor().execute(request(), null);
    expect(proof.nonce).toBe(contextNonce(context));
    expect(proof.timestamp).toBe(1_763_632_800);
    expect(context.salt).toBe('07'.repeat(32));
    expect(inferenceMs).toBe(1.235);
  });

  it('names the verification after the time when the request came', async () => {
    const times: number[] = [];
    const parts = { newId: (atMs: number) => `${times.push(atMs)}` };
    await executor(parts).execute({ ...request(), startedMs: performance.now() - 5_000 }, null);
    const sinceRequest = 1_763_632_800_999 - (times[0] ?? 0);
    expect(times).toHaveLength(1);
    expect(Number.isInteger(sinceRequest)).toBe(true);
    expect(sinceRequest).toBeGreaterThanOrEqual(5_000);
    expect(sinceRequest).toBeLessThan(6_000);
  });

  it.each(['modelVersionId', 'inputHash', 'outputHash', 'nonce', 'timestamp'] as const)(
    'refuses a proof about another %s than was asked for',
    async (field) => {
      const signOutput = async (payload: OutputPayload) => ({
        ...(await sign(payload)),
        [field]: field === 'timestamp' ? 1 : 'f'.repeat(64),
      });
      const parts = { signer: { signOutput, keys: () => Promise.reject(new Error('not asked')) } };
      await expect(executor(parts).execute(request(), null)).rejects.toMatchObject({
        code: 'dependency-unavailable',
      });
    },
  );

  it('has nothing signed when the run failed', async () => {
    let signed = 0;
    const signOutput = (payload: OutputPayload) => {
      signed += 1;
      return sign(payload);
    };
    const parts = {
      runner: { run: async () => ({ outputs: [], milliseconds: 1 }) },
      signer: { signOutput, keys: () => Promise.reject(new Error('not asked')) },
    };
    await expect(executor(parts).execute(request(), null)).rejects.toMatchObject({
      code: 'inference-failed',
    });
    expect(signed).toBe(0);
  });
});
