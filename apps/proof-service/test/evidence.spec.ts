import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EVIDENCE_MEDIA_TYPE, verifyEvidence, type OutputBundle } from '@touchstone/evidence';
import { uuidV7 } from '@touchstone/postgres';
import { waitUntil } from '@touchstone/testing';
import { NETWORK, otherLeaf } from './support/output-parts.js';
import { ProofFixture, type ProofClient } from './support/proof-fixture.js';

const OTHER_NETWORK = 'eip155:10';
const networks = (count: number) =>
  Array.from({ length: count }, (_, index) => `tsa:${index}`.padEnd(68, 'x')).join(',');

let fixture: ProofFixture;
let client: ProofClient;

beforeAll(async () => {
  fixture = await ProofFixture.create();
  client = await fixture.start();
});
afterAll(() => fixture.close());

describe('evidence of one output, from recording to anchor', () => {
  it('is 404, then pending at each stage, then L1, then L2 (R-PROOF-1, R-PROOF-2)', async () => {
    const { world } = fixture;
    const output = world.output();
    const { verificationId } = output.body;
    const path = `/v1/evidence/${verificationId}`;
    expect((await client.get(path)).status).toBe(404);

    await fixture.publish(world.commitmentPublished(), output);
    await client.stage(verificationId, 'accepted');

    const first = world.entryAppended();
    const sealed = world.batchSealed([output], [1, 2, 3, 4].map(otherLeaf));
    await fixture.publish(sealed);
    await client.stage(verificationId, 'sealed');

    await fixture.publish(first);
    await client.stage(verificationId, 'logged');

    const checkpoint = await world.checkpointPublished();
    await fixture.publish(checkpoint);
    const text = await client.bundle(verificationId);
    const report = verifyEvidence(text, { trust: world.trust(), nowMs: Date.now() });
    expect(report).toMatchObject({ result: 'VALID', label: 'L1' });
    expect(report.steps.filter(({ status }) => status === 'pass').map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'inclusion',
        'entry-match',
        'log-inclusion',
        'checkpoint-signature',
        'payment',
      ]),
    );
    await client.stage(verificationId, 'checkpointed', '?require=anchored');

    await fixture.publish(world.anchorFinal(checkpoint));
    const anchored = await client.bundle(verificationId, '?require=anchored');
    expect(verifyEvidence(anchored, { trust: world.trust(), nowMs: Date.now() })).toMatchObject({
      result: 'VALID',
      label: 'L2',
    });
    // Without the query the anchored bundle is served as well: the one in memory is out of date.
    expect(await client.bundle(verificationId)).toBe(anchored);
    expect(await client.metric('touchstone_proof_self_check_failures_total')).toBe(0);
    expect(await client.metric('touchstone_proof_alarms_total')).toBe(0);
    expect(await client.metric('touchstone_proof_ready_seconds_count')).toBe(1);
    expect(await client.metric('touchstone_proof_end_to_end_seconds_count')).toBe(1);
    // Since the time in the id of the output, which was made in this test.
    const endToEndSeconds = await client.metric('touchstone_proof_end_to_end_seconds_sum');
    expect(endToEndSeconds).toBeGreaterThan(0);
    expect(endToEndSeconds).toBeLessThan(60);
  });

  it('prefers the oldest anchored checkpoint, and else the oldest that covers the output', async () => {
    const { world } = fixture;
    const output = world.output({ tensors: false });
    await fixture.publish(output, world.batchSealed([output]));
    const oldest = await world.checkpointPublished();
    const others = [];
    for (let index = 0; index < 3; index += 1) {
      await fixture.publish(world.entryAppended(`{"n":${index}}`));
      others.push(await world.checkpointPublished());
    }
    await fixture.publish(oldest, ...others);
    const { verificationId } = output.body;
    const sizeOf = (text: string) => (JSON.parse(text) as OutputBundle).logProofs[0]?.treeSize;
    expect(sizeOf(await client.bundle(verificationId))).toBe(oldest.body.size);
    const [, second, third] = others;
    if (!second || !third) throw new Error('three checkpoints were made');
    await fixture.publish(world.anchorFinal(third), world.anchorFinal(second));
    const anchored = await client.bundle(verificationId, '?require=anchored');
    expect([second.body.size, third.body.size]).toContain(sizeOf(anchored));
    const bundle = JSON.parse(anchored) as OutputBundle;
    expect(bundle.subject.inputs).toBeUndefined();
    expect(bundle.anchors).toHaveLength(1);
    expect(verifyEvidence(anchored, { trust: world.trust(), nowMs: Date.now() }).label).toBe('L2');
  });

  it('carries the first anchor of every network, also of one that anchors a later checkpoint', async () => {
    const { world } = fixture;
    const output = world.output();
    const { verificationId } = output.body;
    await fixture.publish(output, world.batchSealed([output]));
    const first = await world.checkpointPublished();
    await fixture.publish(first, world.anchorFinal(first));
    const alone = await client.bundle(verificationId, '?require=anchored');
    const both = `?require=${NETWORK},${OTHER_NETWORK}`;
    await client.stage(verificationId, 'checkpointed', both);

    await fixture.publish(world.entryAppended('{"n":"between"}'));
    const second = await world.checkpointPublished();
    await fixture.publish(second, world.anchorFinal(second, OTHER_NETWORK));
    const text = await client.bundle(verificationId, both);
    const { logProofs, anchors } = JSON.parse(text) as OutputBundle;
    expect(logProofs.map(({ treeSize }) => treeSize)).toEqual([first.body.size, second.body.size]);
    expect(anchors.map(({ network, logProof }) => [network, logProof])).toEqual([
      [NETWORK, 0],
      [OTHER_NETWORK, 1],
    ]);
    for (const network of [NETWORK, OTHER_NETWORK])
      expect(verifyEvidence(text, { trust: world.trust(network), nowMs: Date.now() })).toMatchObject({
        result: 'VALID',
        label: 'L2',
        remarks: [],
      });
    // A later anchor of the first network changes nothing, and the copy in memory gave way to the better one.
    await fixture.publish(world.anchorFinal(second));
    expect(await client.bundle(verificationId, both)).toBe(text);
    expect(await client.bundle(verificationId)).toBe(text);
    expect(text).not.toBe(alone);
    expect(await client.metric('touchstone_proof_self_check_failures_total')).toBe(0);
  });

  it('lets the copy in memory go as soon as another network has anchored it', async () => {
    const { world } = fixture;
    const output = world.output();
    const { verificationId } = output.body;
    await fixture.publish(output, world.batchSealed([output]));
    const checkpoint = await world.checkpointPublished();
    await fixture.publish(checkpoint, world.anchorFinal(checkpoint));
    const alone = await client.bundle(verificationId, '?require=anchored');
    await fixture.publish(world.anchorFinal(checkpoint, OTHER_NETWORK));
    const better = await waitUntil(
      async () => {
        const text = await client.bundle(verificationId);
        return (JSON.parse(text) as OutputBundle).anchors.length === 2 && text;
      },
      10_000,
      'both anchors',
    );
    expect(better).not.toBe(alone);
  });

  it('serves exact text with media type, entity tag and cache control, and answers 304', async () => {
    const { world } = fixture;
    const output = world.output();
    const { verificationId } = output.body;
    await fixture.publish(output, world.batchSealed([output]));
    const checkpoint = await world.checkpointPublished();
    await fixture.publish(checkpoint);
    const text = await client.bundle(verificationId);
    const response = await client.get(`/v1/evidence/${verificationId}`);
    expect(response.headers.get('content-type')).toBe(EVIDENCE_MEDIA_TYPE);
    expect(response.headers.get('cache-control')).toBe('private, no-cache');
    expect(await response.text()).toBe(text);
    const etag = response.headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[0-9a-f]{64}"$/);
    for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await client.get(`/v1/evidence/${verificationId}`, { 'if-none-match': tag });
      expect(again.status).toBe(304);
      expect(again.headers.get('etag')).toBe(etag);
    }
    const changed = await client.get(`/v1/evidence/${verificationId}`, { 'if-none-match': '"other"' });
    expect(changed.status).toBe(200);
    expect(await client.metric('touchstone_proof_cache_hits_total')).toBeGreaterThan(0);
    await fixture.publish(world.anchorFinal(checkpoint));
    await client.bundle(verificationId, '?require=anchored');
    const final = await client.get(`/v1/evidence/${verificationId}`);
    expect(final.headers.get('cache-control')).toBe('private, max-age=300');
    expect(final.headers.get('etag')).not.toBe(etag);
  });

  it('waits for the commitment of the model', async () => {
    const other = await ProofFixture.create();
    try {
      const { world } = other;
      const reader = await other.start();
      const output = world.output();
      await other.publish(output, world.batchSealed([output]), await world.checkpointPublished());
      await reader.stage(output.body.verificationId, 'checkpointed');
      await other.publish(world.commitmentPublished());
      await reader.bundle(output.body.verificationId);
    } finally {
      await other.close();
    }
  });

  it.each([
    [`/v1/evidence/${uuidV7()}`, 404, 'unknown-verification'],
    ['/v1/evidence/not-a-uuid', 400, 'validation-failed'],
    [`/v1/evidence/${uuidV7().toUpperCase()}`, 400, 'validation-failed'],
    [`/v1/evidence/${uuidV7()}?require=everything`, 400, 'validation-failed'],
    [`/v1/evidence/${uuidV7()}?require=eip155:1,`, 400, 'validation-failed'],
    [`/v1/evidence/${uuidV7()}?require=${networks(17)}`, 400, 'validation-failed'],
    [`/v1/evidence/${uuidV7()}?require=${networks(16)}`, 404, 'unknown-verification'],
    [`/v1/evidence/${uuidV7()}?unknown=1`, 400, 'validation-failed'],
  ])('refuses %s with %d %s', async (path, status, code) => {
    const response = await client.get(path);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ code });
  });

  it('says when to ask again', async () => {
    const output = fixture.world.output();
    await fixture.publish(output);
    await client.stage(output.body.verificationId, 'accepted');
    const response = await client.get(`/v1/evidence/${output.body.verificationId}`);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(await response.json()).toMatchObject({ code: 'evidence-pending', status: 202, retryable: true });
  });

  it('describes itself', async () => {
    const document = await client.json<{ paths: Record<string, unknown> }>('/openapi.json');
    expect(Object.keys(document.paths).sort()).toEqual([
      '/checkpoint',
      '/v1/checkpoints/{size}',
      '/v1/evidence',
      '/v1/evidence/{id}',
      '/v1/log/consistency',
      '/v1/log/entries/{sha256}',
      '/v1/objects/{cid}',
      '/v1/proof/by-leaf/{leaf}',
      '/v1/proof/verify',
      '/v1/proof/{batchId}',
    ]);
  });
});
