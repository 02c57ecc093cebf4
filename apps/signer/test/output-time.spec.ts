import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bytesToHex, CLOCK_SKEW_MAX_MS } from '@touchstone/crypto';
import { outputDigest } from '@touchstone/evidence';
import type { RpcClient } from '@touchstone/nats';
import { SignerFixture } from './support/signer-fixture.js';

const payload = {
  modelVersionId: '01'.repeat(32),
  inputHash: '02'.repeat(32),
  outputHash: '03'.repeat(32),
  nonce: '04'.repeat(32),
};
/** Whole seconds, as an output states its time. */
const limitSeconds = (): number => Math.floor((Date.now() + CLOCK_SKEW_MAX_MS) / 1_000);

describe('an output of another time', () => {
  let fixture: SignerFixture;
  let gateway: RpcClient;
  beforeAll(async () => {
    fixture = await SignerFixture.create();
    await fixture.start();
    gateway = await fixture.client('inference-gateway');
  });
  afterAll(() => fixture.close());

  const resultOf = async (digest: string): Promise<unknown[]> => {
    const sql = `SELECT result FROM signer.signing_audit WHERE encode(digest, 'hex') = $1`;
    return fixture.rows(sql, [digest]);
  };

  it('is signed while a verifier would take the difference for that of two clocks', async () => {
    const timestamp = limitSeconds();
    const { proof } = await gateway.call('signer', 'sign-output', { ...payload, timestamp });
    expect(proof.timestamp).toBe(timestamp);
  });

  it('is refused beyond that, because it would never be evidence, and recorded', async () => {
    // A minute more than the limit, because time passes until the signer looks at its clock.
    const early = { ...payload, timestamp: limitSeconds() + 60 };
    await expect(gateway.call('signer', 'sign-output', early)).rejects.toMatchObject({
      code: 'signing-refused',
    });
    const digest = bytesToHex(outputDigest(early, 'model-output-v1'));
    expect(await resultOf(digest)).toEqual([{ result: 'refused' }]);
  });

  it('is refused when it declares a time before its key was published', async () => {
    const backDated = { ...payload, timestamp: Math.floor(Date.now() / 1_000) - 86_400 };
    await expect(gateway.call('signer', 'sign-output', backDated)).rejects.toMatchObject({
      code: 'signing-refused',
      message: expect.stringContaining('was published after the time that the output declares'),
    });
  });

  it('is refused among others, of which none is given out then', async () => {
    const payloads = [0, 60].map((more) => ({ ...payload, timestamp: limitSeconds() + more }));
    await expect(gateway.call('signer', 'sign-outputs', { payloads })).rejects.toMatchObject({
      code: 'signing-refused',
    });
  });
});
