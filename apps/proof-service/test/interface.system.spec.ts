import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { checkInterface } from '@touchstone/testing';
import { proofObject } from '@touchstone/content-address';
import { ProofFixture } from './support/proof-fixture.js';
import { ProvenWorld, zk } from './support/proven-world.js';

const { cid } = proofObject(zk);
const ORIGIN = 'https://shop.example';

describe('the HTTP interface', () => {
  let fixture: ProofFixture;
  let url: string;
  let known: Record<string, string[]>;
  beforeAll(async () => {
    const world = new ProvenWorld();
    fixture = await ProofFixture.create(world);
    const client = await fixture.start({ TOUCHSTONE_CORS_ORIGINS: ORIGIN });
    const output = world.output();
    await fixture.publish(world.commitmentPublished(), output, world.entryAppended());
    await fixture.publish(await world.checkpointPublished());
    await fixture.publish(world.executionProved(world.proven().body.verificationId));
    const sealed = world.batchSealed([output]);
    await fixture.publish(await world.checkpointPublished(), sealed);
    await client.bundle(output.body.verificationId);
    await client.until(`/v1/objects/${cid}`, 200);
    url = client.url;
    known = {
      cid: [cid],
      verificationId: [output.body.verificationId],
      batchId: [sealed.body.batchId],
      size: ['1', '2'],
      from: ['1'],
      to: ['2'],
    };
  }, 60_000);
  afterAll(() => fixture.close());

  it('answers well-formed and malformed requests as its document says', async () => {
    const { operations, requests, findings, crossOrigin } = await checkInterface(url, {
      known,
      origin: ORIGIN,
    });
    expect(findings).toEqual([]);
    expect(requests).toBe(operations * 20);
    expect(crossOrigin).toEqual([
      'GET /checkpoint',
      'GET /v1/checkpoints/{size}',
      'POST /v1/evidence',
      'GET /v1/evidence/{id}',
      'GET /v1/log/consistency',
      'GET /v1/log/entries/{sha256}',
      'GET /v1/objects/{cid}',
      'GET /v1/proof/{batchId}',
      'GET /v1/proof/by-leaf/{leaf}',
      'POST /v1/proof/verify',
    ]);
  }, 60_000);
});
