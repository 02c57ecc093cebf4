import { beforeAll, describe, expect, it } from '@jest/globals';
import { CLOCK_SKEW_MAX_MS } from '@touchstone/crypto';
import { createKeyRing } from './key-ring.js';
import { OUTPUT_AGE_MAX_MS, OutputSigning } from './sign-output.js';

const NOW_SECONDS = 1_780_000_000;
const KEY_START_SECONDS = NOW_SECONDS - 200;
const KEY_END_SECONDS = NOW_SECONDS + 200;

const keys = createKeyRing({
  output: { kid: 'output-1', privateKey: new Uint8Array(32).fill(1) },
  checkpointSeed: new Uint8Array(32).fill(2),
  anchorTransactions: new Uint8Array(32).fill(3),
  settlementTransactions: new Uint8Array(32).fill(4),
});
const gateway = { name: 'inference-gateway/good', nodeId: 'good' };
const payload = (timestamp: number) => ({
  modelVersionId: '01'.repeat(32),
  inputHash: '02'.repeat(32),
  outputHash: '03'.repeat(32),
  nonce: '04'.repeat(32),
  timestamp,
});

describe('the time that an output declares', () => {
  let audited: { result: string; reason: string | null }[];
  beforeAll(() => {
    audited = [];
  });

  const signing = (startMs: number, endMs: number) =>
    new OutputSigning(
      keys,
      { append: async ({ result, reason }) => void audited.push({ result, reason }) },
      {
        domain: 'model-output-v1',
        format: 'der',
        nowMs: () => NOW_SECONDS * 1_000,
        keyTimes: async () => ({ startMs, endMs }),
        nodes: { refusal: (nodeId) => (nodeId === 'bad' ? 'blocked' : undefined) },
      },
    );
  const endless = signing(0, Number.MAX_SAFE_INTEGER);
  const bounded = signing(KEY_START_SECONDS * 1_000, KEY_END_SECONDS * 1_000);

  it.each<[string, OutputSigning, number, number]>([
    ['OUTPUT_AGE_MAX_MS ago', endless, NOW_SECONDS - OUTPUT_AGE_MAX_MS / 1_000, -1],
    ['CLOCK_SKEW_MAX_MS ahead', endless, NOW_SECONDS + CLOCK_SKEW_MAX_MS / 1_000, 1],
    ['at the publication of the key', bounded, KEY_START_SECONDS, -1],
    ['at the end of the key', bounded, KEY_END_SECONDS, 1],
  ])('is signed %s and refused a second beyond', async (_name, signer, limit, beyond) => {
    expect(await signer.sign(payload(limit), gateway)).toMatchObject({ timestamp: limit });
    const refused = { code: 'signing-refused' };
    await expect(signer.sign(payload(limit + beyond), gateway)).rejects.toMatchObject(refused);
    const group = [payload(limit), payload(limit + beyond)];
    await expect(signer.signAll(group, gateway)).rejects.toMatchObject(refused);
    expect(audited.at(-1)).toMatchObject({ result: expect.stringMatching(/signed|refused/) });
    expect(audited.filter(({ result }) => result === 'refused').length).toBeGreaterThan(1);
  });

  it('does not matter where the node is blocked: every output is refused and recorded', async () => {
    const from = audited.length;
    const bad = { name: 'inference-gateway/bad', nodeId: 'bad' };
    const group = [payload(NOW_SECONDS), payload(NOW_SECONDS + 1)];
    await expect(endless.signAll(group, bad)).rejects.toMatchObject({ code: 'node-blocked' });
    expect(audited.slice(from)).toEqual(Array(2).fill({ result: 'refused', reason: 'blocked' }));
    await expect(endless.sign(payload(NOW_SECONDS), { name: bad.name })).resolves.toBeDefined();
  });
});
