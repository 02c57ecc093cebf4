import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bytesToHex } from '@touchstone/crypto';
import { outputLeaf } from '@touchstone/evidence';
import type { BatchAnswer } from '@touchstone/contracts/http/proof-service';
import { PROOF_CLAIM_BYTES_MAX } from '../src/transport/http/proofs.controller.js';
import type { EventOf } from './support/log-world.js';
import { otherLeaf } from './support/output-parts.js';
import { ProofFixture, type ProofClient } from './support/proof-fixture.js';

let fixture: ProofFixture;
let client: ProofClient;
let output: EventOf<'evt.v1.inference.output.recorded'>;

beforeAll(async () => {
  fixture = await ProofFixture.create();
  client = await fixture.start();
  const { world } = fixture;
  output = world.output();
  const others = Array.from({ length: 20 }, (_, index) => otherLeaf(index + 1));
  await fixture.publish(world.commitmentPublished(), output, world.batchSealed([output], others));
  await fixture.publish(await world.checkpointPublished());
  await client.bundle(output.body.verificationId);
});
afterAll(() => fixture.close());

describe('POST /v1/proof/verify', () => {
  async function claim() {
    const leaf = bytesToHex(outputLeaf(output.body.proof));
    const { inclusion, root } = await client.json<BatchAnswer>(`/v1/proof/by-leaf/${leaf}`);
    if (!inclusion) throw new Error('the answer has no path');
    const { leafIndex, treeSize, path, rootHex } = inclusion;
    return { proof: { leafIndex, treeSize, path, rootHex }, merkleRoot: root, leafData: leaf };
  }

  it('verifies a leaf without its preimage, and says so', async () => {
    const response = await client.post('/v1/proof/verify', await claim());
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ valid: true, preimage: 'not-checked' });
  });

  it('computes the leaf of an output proof', async () => {
    const response = await client.post('/v1/proof/verify', {
      ...(await claim()),
      leafData: output.body.proof,
    });
    expect(await response.json()).toMatchObject({ valid: true, preimage: 'checked' });
  });

  it('answers 200 valid false for a proof that does not hold', async () => {
    const good = await claim();
    const wrong = [
      { ...good, merkleRoot: '00'.repeat(32) },
      { ...good, leafData: '00'.repeat(32) },
      { ...good, leafData: { ...output.body.proof, timestamp: 1 } },
      { ...good, proof: { ...good.proof, leafIndex: 1 } },
      { ...good, proof: { ...good.proof, treeSize: good.proof.treeSize * 2 } },
      { ...good, proof: { ...good.proof, path: good.proof.path.slice(1) } },
    ];
    for (const body of wrong) {
      const response = await client.post('/v1/proof/verify', body);
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject({ valid: false });
    }
  });

  it('refuses what is malformed', async () => {
    const good = await claim();
    const refused: [unknown, number][] = [
      ['{', 400],
      ['{"proof":1,"proof":2}', 400],
      [{ ...good, extra: 1 }, 422],
      [{ ...good, merkleRoot: 'xyz' }, 422],
      [{ ...good, leafData: 'ab'.repeat(33) }, 422],
      [{ ...good, proof: { ...good.proof, treeSize: 0 } }, 422],
      [{ ...good, proof: { ...good.proof, path: [{ hash: 'x', pos: 'L' }] } }, 422],
      [{ ...good, proof: { ...good.proof, path: Array(64).fill({ hash: '00'.repeat(32), pos: 'L' }) } }, 422],
      [{ ...good, leafData: { ...output.body.proof, signature: '00'.repeat(70) } }, 422],
    ];
    for (const [body, status] of refused) {
      expect((await client.post('/v1/proof/verify', body)).status).toBe(status);
    }
  });

  it('reads a body of the limit and refuses one byte more', async () => {
    const text = JSON.stringify(await claim());
    const padded = (length: number) => text + ' '.repeat(length - text.length);
    expect((await client.post('/v1/proof/verify', padded(PROOF_CLAIM_BYTES_MAX))).status).toBe(200);
    expect((await client.post('/v1/proof/verify', padded(PROOF_CLAIM_BYTES_MAX + 1))).status).toBe(413);
  });
});
