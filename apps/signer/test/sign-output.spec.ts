import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SIGN_OUTPUTS_MAX } from '@touchstone/contracts';
import { bytesToHex, ecdsaVerify, hexToBytes, parseSignature, sha256 } from '@touchstone/crypto';
import { outputDigest } from '@touchstone/evidence';
import type { RpcClient } from '@touchstone/nats';
import { SignerFixture } from './support/signer-fixture.js';
import { payload } from './support/signer-requests.js';

let fixture: SignerFixture;
let gateway: RpcClient;

beforeAll(async () => {
  fixture = await SignerFixture.create();
  await fixture.start();
  gateway = await fixture.client('inference-gateway');
});

afterAll(() => fixture.close());

describe('sign-output', () => {
  it('signs the canonical payload with the published key, the same way each time (R-SIGN-1..3)', async () => {
    const { proof } = await gateway.call('signer', 'sign-output', payload);
    const again = await gateway.call('signer', 'sign-output', payload);
    expect(again.proof).toEqual(proof);
    const { keySet } = await gateway.call('signer', 'key-set', {});
    const key = keySet.keys.find(({ kid }) => kid === proof.keyId);
    const signature = parseSignature(proof.signature);
    if (!('compact' in signature)) throw new Error(signature.error);
    const publicKey = hexToBytes(key?.public_key ?? '') ?? new Uint8Array();
    expect(ecdsaVerify(outputDigest(payload, 'model-output-v1'), signature.compact, publicKey)).toBe('ok');
  });

  it('writes both signature formats', async () => {
    const compact = await gateway.call('signer', 'sign-output', { ...payload, format: 'compact' });
    expect(compact.proof.signature).toHaveLength(128);
  });

  it('signs several outputs at once, each as alone, and records each', async () => {
    const nonces = [2, 3, 4].map((byte) => bytesToHex(sha256(Uint8Array.of(byte))));
    const payloads = nonces.map((nonce) => ({ ...payload, nonce }));
    const { proofs } = await gateway.call('signer', 'sign-outputs', { payloads });
    const alone = await Promise.all(payloads.map((one) => gateway.call('signer', 'sign-output', one)));
    expect(proofs).toEqual(alone.map(({ proof }) => proof));
    for (const one of payloads) {
      const digest = bytesToHex(outputDigest(one, 'model-output-v1'));
      const found = await fixture.rows(
        `SELECT caller, operation FROM signer.signing_audit WHERE encode(digest, 'hex') = '${digest}'`,
      );
      expect(found).toEqual(Array(2).fill({ caller: 'inference-gateway/node-1', operation: 'sign-output' }));
    }
  });

  it.each([0, SIGN_OUTPUTS_MAX + 1])('refuses %d outputs at once', async (count) => {
    const payloads = Array.from({ length: count }, () => payload);
    await expect(gateway.call('signer', 'sign-outputs', { payloads })).rejects.toMatchObject({
      code: 'validation-failed',
    });
  });

  it('records every signature before it leaves', async () => {
    const nonce = bytesToHex(sha256(Uint8Array.of(1)));
    await gateway.call('signer', 'sign-output', { ...payload, nonce });
    const digest = bytesToHex(outputDigest({ ...payload, nonce }, 'model-output-v1'));
    const found = await fixture.rows(
      `SELECT caller, operation, result FROM signer.signing_audit WHERE encode(digest, 'hex') = '${digest}'`,
    );
    expect(found).toEqual([
      { caller: 'inference-gateway/node-1', operation: 'sign-output', result: 'signed' },
    ]);
  });

  it.each([
    ['a short hash', { inputHash: 'ab' }],
    ['an upper-case hash', { nonce: 'AB'.repeat(32) }],
    ['a negative time', { timestamp: -1 }],
    ['a time beyond 2^53', { timestamp: 2 ** 53 }],
  ])('refuses %s', async (_name, change) => {
    const request = { ...payload, ...change };
    await expect(gateway.call('signer', 'sign-output', request)).rejects.toMatchObject({
      code: 'validation-failed',
    });
  });
});
