import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bytesToHex } from '@touchstone/crypto';
import { openWithKeys, outputLeaf, parseBatchEntry } from '@touchstone/evidence';
import { listDeadLetters } from '@touchstone/nats';
import { SIGNER_DOUBLE_ORIGIN, waitUntil } from '@touchstone/testing';
import { problemOf, type TestService } from '@touchstone/testing/service';
import { ROOTS_PAGE_MAX } from '@touchstone/contracts/http/anchor-worker';
import { recordedOutput } from './support/leaves.js';
import { WorkerFixture } from './support/worker-fixture.js';

const OUTPUT = 'evt.v1.inference.output.recorded';

describe('the anchor-worker with a real signer, mesh, database and chain', () => {
  let fixture: WorkerFixture;
  let service: TestService;
  beforeAll(async () => {
    fixture = await WorkerFixture.create();
    service = await fixture.start();
  }, 60_000);
  afterAll(() => fixture.close());

  const count = async (sql: string): Promise<number> =>
    Number((await fixture.rows<{ count: string }>(`SELECT count(*) FROM ${sql}`))[0]?.count);

  it('takes the key set of the signer into the log as its first entry', async () => {
    await waitUntil(async () => (await count(`anchors.log_entry WHERE kind = 'key-set'`)) === 1);
    const latest = await waitUntil(async () => {
      const response = await service.get('/v1/checkpoints/latest');
      return response.status === 200 && ((await response.json()) as { note: string; origin: string });
    });
    const rows = await fixture.rows<{ entry: string; vkey: string }>(
      'SELECT entry, vkey FROM anchors.log_entry, anchors.log_state WHERE log_index = 0',
    );
    expect(JSON.parse(rows[0]!.entry)).toMatchObject({ type: 'touchstone.key-set.v1', sequence: 0 });
    expect(openWithKeys(latest.note, rows[0]!.vkey, [])).toMatchObject({ ok: true });
    expect(latest.origin).toBe(SIGNER_DOUBLE_ORIGIN);
  });

  it('carries outputs from the stream to a final anchor and lists the root (R-ANCHOR-4)', async () => {
    const publish = await fixture.gateway();
    const outputs = Array.from({ length: 12 }, (_, index) => recordedOutput(`flow-${index}`));
    for (const output of outputs) await publish(OUTPUT, output);
    // The same outputs again under other message ids, as a gateway that lost its outbox marks would send them.
    for (const output of outputs.slice(3).reverse()) await publish(OUTPUT, output);
    await waitUntil(
      async () =>
        // In this order: before anything is sealed, no root lacks a transaction either.
        (await count('anchors.leaf WHERE batch_id IS NOT NULL')) === 12 &&
        (await count('anchors.model_anchors WHERE txid IS NULL')) === 0,
      20_000,
      'every root to be anchored',
    );
    const { modelVersionId } = outputs[0]!.proof;
    const bySlug = await service.json<{ items: { root: string; anchoredAt: number; txid: string }[] }>(
      '/models/model-a/anchors',
    );
    expect(await service.json(`/models/${modelVersionId}/anchors`)).toEqual(bySlug);
    expect(Object.keys(bySlug)).toEqual(['items']);
    for (const item of bySlug.items) {
      expect(item).toEqual({
        root: expect.stringMatching(/^[0-9a-f]{64}$/),
        anchoredAt: expect.any(Number),
        txid: expect.stringMatching(/^0x[0-9a-f]{64}$/),
        kind: 'evm',
        network: 'eip155:84532',
      });
      expect(Number.isInteger(item.anchoredAt)).toBe(true);
    }
    const rows = await fixture.rows<{ id: string; entry: string; leaves: string[] }>(
      `SELECT batch_id AS id, entry, (SELECT array_agg(encode(leaf_hash, 'hex') ORDER BY leaf_index)
              FROM anchors.leaf WHERE leaf.batch_id = batch.batch_id) AS leaves
       FROM anchors.batch JOIN anchors.log_entry USING (log_index) ORDER BY log_index`,
    );
    expect(rows.flatMap(({ leaves }) => leaves)).toEqual(
      outputs.map(({ proof }) => bytesToHex(outputLeaf(proof))),
    );
    expect(rows.every(({ entry }) => parseBatchEntry(entry).ok)).toBe(true);
    const anchor = await service.json<{ anchorId: string; state: string; proof: object }>(
      `/v1/anchors/${rows[0]!.id}`,
    );
    expect(anchor).toMatchObject({ state: 'final', kind: 'evm', network: 'eip155:84532' });
    expect(await service.json(`/v1/anchors/${anchor.anchorId}`)).toEqual(anchor);
  });

  it('pages through roots by the Link header and answers problems for what is not there', async () => {
    const first = await service.get('/models/model-a/anchors?limit=1');
    expect(((await first.json()) as { items: unknown[] }).items).toHaveLength(1);
    expect(first.headers.get('link')).toMatch(
      /^<\/models\/model-a\/anchors\?limit=1&cursor=\d+>; rel="next"$/,
    );
    for (const [path, status, code] of [
      ['/models/nobody/anchors', 404, 'unknown-model'],
      [`/models/model-a/anchors?limit=${ROOTS_PAGE_MAX + 1}`, 400, 'validation-failed'],
      ['/models/model-a/anchors?page=2', 400, 'validation-failed'],
      ['/models/..%2f/anchors', 400, 'validation-failed'],
      ['/v1/anchors/0190aaaa-0000-7000-8000-000000000000', 404, 'not-found'],
      ['/v1/anchors/1', 400, 'validation-failed'],
    ] as const) {
      const response = await service.get(path);
      expect([path, response.status, (await problemOf(response)).code]).toEqual([path, status, code]);
    }
    expect((await service.get(`/models/model-a/anchors?limit=${ROOTS_PAGE_MAX}`)).status).toBe(200);
  });

  it('documents its interface and shows its figures', async () => {
    const document = await service.json<{ paths: Record<string, unknown> }>('/openapi.json');
    expect(Object.keys(document.paths)).toEqual([
      '/models/{id}/anchors',
      '/v1/anchors/{anchorId}',
      '/v1/checkpoints/latest',
    ]);
    const metrics = await service.metrics();
    expect(metrics).toMatch(/touchstone_anchor_leaves_accepted_total\{[^}]*\} 12\n/);
    expect(metrics).toMatch(/touchstone_anchor_anchors\{state="final"[^}]*\} [1-9]/);
    expect(metrics).toMatch(/touchstone_anchor_anchors\{state="failed",network="eip155:84532"[^}]*\} 0/);
    const wei = 'network="eip155:84532",unit="wei"';
    for (const name of ['cost_total', 'cost_per_day', 'cost_per_leaf'])
      expect(metrics).toMatch(new RegExp(`touchstone_anchor_${name}\\{${wei}[^}]*\\} [1-9]`));
    expect(metrics).toMatch(/touchstone_anchor_newest_final_age_seconds\{network="eip155:84532"[^}]*\} \d/);
    expect(metrics).toMatch(/touchstone_anchor_checkpoint_lag_entries\{[^}]*\} 0\n/);
    expect(metrics).toMatch(/touchstone_anchor_log_closed\{[^}]*\} 0\n/);
    expect(metrics).toMatch(/touchstone_anchor_gas_used_total\{[^}]*\} [1-9]/);
  });

  it('buries an output whose nonce does not commit to its context and keeps its neighbours', async () => {
    const publish = await fixture.gateway();
    const good = [recordedOutput('near-1', 'model-b'), recordedOutput('near-2', 'model-b')];
    const bad = recordedOutput('bad', 'model-b');
    await publish(OUTPUT, good[0]!);
    await publish(OUTPUT, { ...bad, context: { ...bad.context, salt: 'f'.repeat(64) } });
    await publish(OUTPUT, good[1]!);
    const operator = await fixture.nats.connect('operator');
    try {
      const letters = await waitUntil(async () => {
        const page = await listDeadLetters(operator, {});
        return page.letters.length > 0 && page.letters;
      });
      expect(letters).toEqual([expect.objectContaining({ code: 'validation-failed' })]);
    } finally {
      await operator.close();
    }
    await waitUntil(async () => (await count('anchors.leaf')) === 14);
  });

  it('waits for a signer that is away, and goes on with the same checkpoint', async () => {
    const publish = await fixture.gateway();
    await fixture.signer.kill();
    await publish(OUTPUT, recordedOutput('away', 'model-c'));
    await waitUntil(async () => (await count('anchors.log_state WHERE intent_size IS NOT NULL')) === 1);
    await fixture.signer.resume();
    await waitUntil(
      async () =>
        (await count('anchors.leaf WHERE batch_id IS NULL')) === 0 &&
        (await count('anchors.model_anchors WHERE txid IS NULL')) === 0,
      30_000,
      'the last root to be anchored',
    );
    const rows = await fixture.rows<{ same: boolean }>(
      'SELECT (SELECT max(size) FROM anchors.checkpoint) = (SELECT max(size) FROM signer.signed_checkpoint) AS same',
    );
    expect(rows).toEqual([{ same: true }]);
  }, 60_000);

  it('hands the work over when one of two replicas stops', async () => {
    const publish = await fixture.gateway();
    const second = await fixture.start();
    await service.stop();
    service = second;
    await publish(OUTPUT, recordedOutput('handover', 'model-d'));
    await waitUntil(
      async () =>
        (await service.json<{ items?: { txid?: string }[] }>('/models/model-d/anchors')).items?.[0]?.txid,
      20_000,
      'the root to be anchored by the second replica',
    );
  }, 60_000);
});
