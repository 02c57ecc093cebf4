import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CHUNK_BYTES, OBJECT_BYTES_MAX, proofObject, unixFsCid } from '@touchstone/content-address';
import { available } from '@touchstone/testing';
import { buildKubo, goCommand, Kubo, KUBO_BUILD_TIMEOUT_MS } from './support/kubo.js';
import { ProofFixture } from './support/proof-fixture.js';
import { ProvenWorld, zk } from './support/proven-world.js';

const go = goCommand();
const withNode = available(
  go !== undefined,
  'The IPFS node of these tests is built with Go 1.26 or newer: install it.',
)
  ? describe
  : describe.skip;

withNode('an IPFS node (kubo)', () => {
  let kubo: Kubo;
  beforeAll(async () => {
    kubo = await Kubo.start(await buildKubo(go ?? ''));
  }, KUBO_BUILD_TIMEOUT_MS);
  afterAll(() => kubo.close());

  it.each([
    0,
    1,
    5,
    1_000_000,
    CHUNK_BYTES - 1,
    CHUNK_BYTES,
    CHUNK_BYTES + 1,
    5 * CHUNK_BYTES,
    4_194_304,
    OBJECT_BYTES_MAX,
  ])(
    'gives a file of %i bytes the identifier that we give it',
    async (length) => {
      const bytes = new Uint8Array(length);
      for (let index = 0; index < length; index += 1) bytes[index] = (index * 31 + (index >> 8)) & 0xff;
      expect(unixFsCid(bytes)).toBe(await kubo.cidOf(bytes));
    },
    30_000,
  );

  it('pins the proof of an execution, and gives it back by its identifier, as the service does', async () => {
    const { cid, bytes } = proofObject(zk);
    const world = new ProvenWorld();
    const fixture = await ProofFixture.create(world);
    const settings = {
      TOUCHSTONE_IPFS_API_URL: kubo.url,
      TOUCHSTONE_IPFS_API_AUTHORIZATION: kubo.authorization,
    };
    const pins = async () =>
      Object.keys(
        ((await (await kubo.call('pin/ls?type=recursive')).json()) as { Keys?: object }).Keys ?? {},
      );
    try {
      // The node is away when the proof comes.
      await kubo.down();
      const client = await fixture.start(settings, {}, { firstMs: 100, maxMs: 500 });
      const output = world.proven();
      await fixture.publish(
        ...[world.commitmentPublished(), output, world.executionProved(output.body.verificationId)],
      );
      const served = await client.until(`/v1/objects/${cid}`, 200);
      await client.waitForMetric('touchstone_proof_object_publications_total', 1, 'result="failed"');
      await kubo.up();
      await client.waitForMetric('touchstone_proof_object_publications_total', 1, 'result="published"');
      expect(await pins()).toContain(cid);
      const kept = await kubo.call(`cat?arg=${cid}`);
      expect(new Uint8Array(await kept.arrayBuffer())).toEqual(bytes);
      expect(new Uint8Array(await served.arrayBuffer())).toEqual(bytes);
      expect(
        await fixture.rows('SELECT published_at FROM proofs.object_publication WHERE place = $1', ['ipfs']),
      ).toEqual([{ published_at: expect.any(Date) }]);
    } finally {
      await fixture.close();
    }
  }, 60_000);

  it('that asks for another login takes nothing, and nothing counts as pinned', async () => {
    const world = new ProvenWorld();
    const fixture = await ProofFixture.create(world);
    try {
      const settings = {
        TOUCHSTONE_IPFS_API_URL: kubo.url,
        TOUCHSTONE_IPFS_API_AUTHORIZATION: 'Bearer wrong',
      };
      const client = await fixture.start(settings, {}, { firstMs: 100, maxMs: 500 });
      const output = world.proven();
      await fixture.publish(
        ...[world.commitmentPublished(), output, world.executionProved(output.body.verificationId)],
      );
      await client.waitForMetric('touchstone_proof_object_publications_total', 1, 'result="failed"');
      expect(await client.metric('touchstone_proof_objects_waiting', 'ipfs')).toBe(1);
    } finally {
      await fixture.close();
    }
  }, 60_000);
});
