import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { canonicalJson } from '@touchstone/canonical-json';
import { bytesToHex, hexToBytes, sha256TextHex } from '@touchstone/crypto';
import { openWithKeys } from '@touchstone/evidence';
import {
  leafHash,
  leafHashOfText,
  verifyConsistency,
  verifyInclusion,
  verifyPositionedPath,
} from '@touchstone/merkle';
import { waitUntil } from '@touchstone/testing';
import { uuidV7 } from '@touchstone/postgres';
import { LOG_INDEX_MAX } from '@touchstone/contracts';
import {
  LEAVES_PAGE_MAX,
  type BatchAnswer,
  type CheckpointAnswer,
  type ConsistencyAnswer,
  type EntryAnswer,
} from '@touchstone/contracts/http/proof-service';
import { type EventOf } from './support/log-world.js';
import { otherLeaf } from './support/output-parts.js';
import { ProofFixture, type ProofClient } from './support/proof-fixture.js';

const LEAVES = LEAVES_PAGE_MAX + 5;

let fixture: ProofFixture;
let client: ProofClient;
let output: EventOf<'evt.v1.inference.output.recorded'>;
let sealed: EventOf<'evt.v1.anchor.batch.sealed'>;
let pending: EventOf<'evt.v1.anchor.batch.sealed'>;
const checkpoints: EventOf<'evt.v1.anchor.checkpoint.published'>[] = [];

const bytes = (hex: string): Uint8Array => hexToBytes(hex) ?? new Uint8Array();

beforeAll(async () => {
  fixture = await ProofFixture.create();
  client = await fixture.start();
  const { world } = fixture;
  output = world.output();
  const others = Array.from({ length: LEAVES - 1 }, (_, index) => otherLeaf(index + 1));
  await fixture.publish(world.commitmentPublished(), output, world.entryAppended());
  checkpoints.push(await world.checkpointPublished());
  sealed = world.batchSealed([output], others);
  checkpoints.push(await world.checkpointPublished());
  for (let index = 0; index < 6; index += 1) await fixture.publish(world.entryAppended(`{"n":${index}}`));
  checkpoints.push(await world.checkpointPublished());
  await fixture.publish(sealed, ...checkpoints);
  const second = checkpoints[1];
  if (second) await fixture.publish(world.anchorFinal(second));
  pending = world.batchSealed([], [otherLeaf(99_999)]);
  await fixture.publish(pending);
  await client.bundle(output.body.verificationId, '?require=anchored');
  await client.waitForMetric('touchstone_proof_log_size_entries', world.entries.length);
});
afterAll(() => fixture.close());

describe('GET /v1/log/entries/:sha256', () => {
  const read = (text: string) => client.json<EntryAnswer>(`/v1/log/entries/${sha256TextHex(text)}`);

  it('gives an entry that is no batch, with a proof that verifies', async () => {
    const commitment = canonicalJson(fixture.world.commitment);
    for (const [text, checkpoint] of [
      [commitment, checkpoints[1]],
      ['{"n":3}', checkpoints[2]],
    ] as const) {
      const answer = await read(text);
      expect(answer).toMatchObject({ entry: text, checkpoint: checkpoint?.body.note });
      const opened = openWithKeys(answer.checkpoint ?? '', fixture.world.logVerifierKey, []);
      if (!opened.ok) throw new Error(opened.reason);
      const inLog = verifyInclusion({
        leafHash: leafHashOfText(text),
        leafIndex: BigInt(answer.logProof?.leafIndex ?? ''),
        treeSize: BigInt(answer.logProof?.treeSize ?? ''),
        path: (answer.logProof?.path ?? []).map(bytes),
        root: opened.checkpoint.root,
      });
      expect(inLog).toEqual({ ok: true });
    }
    // The anchored checkpoint proves the first, none covers the second.
    expect((await read(commitment)).anchors).toHaveLength(1);
    expect((await read('{"n":3}')).anchors).toEqual([]);
  });

  it('gives one that no checkpoint covers yet, without a proof', async () => {
    await fixture.publish(fixture.world.entryAppended('{"n":"late"}'));
    const answer = await waitUntil(async () => {
      const response = await client.get(`/v1/log/entries/${sha256TextHex('{"n":"late"}')}`);
      return response.status === 200 && ((await response.json()) as EntryAnswer);
    });
    expect(answer).toEqual({ entry: '{"n":"late"}', logProof: null, checkpoint: null, anchors: [] });
  });

  it('has no batches, and nothing that is not there', async () => {
    for (const text of [sealed.body.entry, 'nothing'])
      expect((await client.get(`/v1/log/entries/${sha256TextHex(text)}`)).status).toBe(404);
    expect((await client.get('/v1/log/entries/zz')).status).toBe(400);
  });
});

describe('GET /v1/proof/:batchId', () => {
  it('gives entry, log proof, checkpoint and anchors that verify', async () => {
    const answer = await client.json<BatchAnswer>(`/v1/proof/${sealed.body.batchId}`);
    expect(answer).toMatchObject({
      batchId: sealed.body.batchId,
      entry: sealed.body.entry,
      leafCount: LEAVES,
    });
    expect(answer.inclusion).toBeUndefined();
    expect(answer.leaves).toBeUndefined();
    const opened = openWithKeys(answer.checkpoint ?? '', fixture.world.logVerifierKey, []);
    if (!opened.ok) throw new Error(opened.reason);
    const inLog = verifyInclusion({
      leafHash: leafHashOfText(answer.entry),
      leafIndex: BigInt(answer.logProof?.leafIndex ?? ''),
      treeSize: BigInt(answer.logProof?.treeSize ?? ''),
      path: (answer.logProof?.path ?? []).map(bytes),
      root: opened.checkpoint.root,
    });
    expect(inLog).toEqual({ ok: true });
    expect(answer.checkpoint).toBe(checkpoints[1]?.body.note);
    expect(answer.anchors).toHaveLength(1);
    expect(answer.anchors[0]).toMatchObject({ kind: 'evm', level: 'finalized', network: 'eip155:8453' });
  });

  it.each([0, 1, 511, LEAVES - 1])('gives the path of leaf %d', async (index) => {
    const leaf = sealed.body.leaves[index] ?? '';
    for (const path of [`/v1/proof/${sealed.body.batchId}?leaf=${leaf}`, `/v1/proof/by-leaf/${leaf}`]) {
      const { inclusion, root } = await client.json<BatchAnswer>(path);
      if (!inclusion) throw new Error('the answer has no path');
      expect(inclusion).toMatchObject({ leaf, leafIndex: index, treeSize: LEAVES, rootHex: root });
      const result = verifyPositionedPath({
        leafHash: leafHash(bytes(leaf)),
        leafIndex: BigInt(index),
        treeSize: BigInt(LEAVES),
        path: inclusion.path,
        root: bytes(root),
      });
      expect(result).toEqual({ ok: true });
    }
  });

  it('answers the path in binary form to a reader that asks for it', async () => {
    const leaf = sealed.body.leaves[3] ?? '';
    const accept = { accept: 'application/octet-stream' };
    const binary = await client.get(`/v1/proof/by-leaf/${leaf}`, accept);
    expect(binary.headers.get('content-type')).toBe('application/octet-stream');
    const body = new Uint8Array(await binary.arrayBuffer());
    expect(bytesToHex(body.subarray(21, 53))).toBe(leaf);
    const named = await client.get(`/v1/proof/${sealed.body.batchId}?leaf=${leaf}`, accept);
    expect(new Uint8Array(await named.arrayBuffer())).toEqual(body);
    const whole = await client.get(`/v1/proof/${sealed.body.batchId}`, accept);
    expect(whole.headers.get('content-type')).toBe('application/json; charset=utf-8');
  });

  it('lists leaves in pages, at most the limit', async () => {
    const first = await client.json<BatchAnswer>(`/v1/proof/${sealed.body.batchId}?leaves=true`);
    const rest = await client.json<BatchAnswer>(
      `/v1/proof/${sealed.body.batchId}?leaves=true&offset=${LEAVES_PAGE_MAX}&limit=${LEAVES_PAGE_MAX}`,
    );
    expect(first.leaves?.items).toHaveLength(LEAVES_PAGE_MAX);
    expect([...(first.leaves?.items ?? []), ...(rest.leaves?.items ?? [])]).toEqual(sealed.body.leaves);
    const more = await client.get(
      `/v1/proof/${sealed.body.batchId}?leaves=true&limit=${LEAVES_PAGE_MAX + 1}`,
    );
    expect(more.status).toBe(400);
  });

  it('says what is missing while no checkpoint covers a batch', async () => {
    const answer = await client.json<BatchAnswer>(`/v1/proof/${pending.body.batchId}`);
    expect(answer).toMatchObject({ logProof: null, checkpoint: null, anchors: [], leafCount: 1 });
  });

  it.each([
    [() => `/v1/proof/${uuidV7()}`, 404, 'unknown-batch'],
    [() => `/v1/proof/${uuidV7()}?leaf=${'00'.repeat(32)}`, 404, 'unknown-batch'],
    [() => `/v1/proof/${sealed.body.batchId}?leaf=${'00'.repeat(32)}`, 404, 'not-found'],
    [() => `/v1/proof/${pending.body.batchId}?leaf=${sealed.body.leaves[0]}`, 404, 'not-found'],
    [() => `/v1/proof/by-leaf/${'00'.repeat(32)}`, 404, 'not-found'],
    [() => `/v1/proof/by-leaf/${'AA'.repeat(32)}`, 400, 'validation-failed'],
    [() => `/v1/proof/${sealed.body.batchId}?leaf=abc`, 400, 'validation-failed'],
    [() => `/v1/proof/${sealed.body.batchId}?other=1`, 400, 'validation-failed'],
    [() => '/v1/proof/nothing', 400, 'validation-failed'],
  ])('refuses %s with %d %s', async (path, status, code) => {
    const response = await client.get(path());
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ code });
  });
});

describe('the log', () => {
  it('gives its newest signed checkpoint as plain text', async () => {
    const response = await client.get('/checkpoint');
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(await response.text()).toBe(checkpoints[2]?.body.note);
  });

  it('gives each checkpoint by its size, with its anchors', async () => {
    for (const [index, { body }] of checkpoints.entries()) {
      const answer = await client.json<CheckpointAnswer>(`/v1/checkpoints/${body.size}`);
      expect(answer).toMatchObject({
        size: body.size,
        root: body.root,
        note: body.note,
        publishedAt: body.publishedAt,
      });
      expect(answer.anchors).toHaveLength(index === 1 ? 1 : 0);
    }
  });

  it('proves that every size is a beginning of every later one', async () => {
    const newest = Number(checkpoints[2]?.body.size);
    for (let from = 1; from <= newest; from += 1) {
      for (let to = from; to <= newest; to += 1) {
        const answer = await client.json<ConsistencyAnswer>(`/v1/log/consistency?from=${from}&to=${to}`);
        expect(answer.from.root).toBe(bytesToHex(fixture.world.rootAt(from)));
        const result = verifyConsistency({
          size1: BigInt(from),
          size2: BigInt(to),
          root1: bytes(answer.from.root),
          root2: bytes(answer.to.root),
          proof: answer.proof.map(bytes),
        });
        expect(result).toEqual({ ok: true });
      }
    }
  });

  it.each([
    ['/v1/log/consistency?from=0&to=3', 400],
    ['/v1/log/consistency?from=3&to=2', 400],
    ['/v1/log/consistency?from=1', 400],
    ['/v1/log/consistency?from=1&to=01', 400],
    [`/v1/log/consistency?from=1&to=${LOG_INDEX_MAX + 1n}`, 400],
    [`/v1/log/consistency?from=1&to=${LOG_INDEX_MAX}`, 404],
    ['/v1/log/consistency?from=1&to=9', 404],
    ['/v1/checkpoints/3', 404],
    ['/v1/checkpoints/0', 400],
    ['/v1/checkpoints/x', 400],
  ])('answers %s with %d', async (path, status) => {
    expect((await client.get(path)).status).toBe(status);
  });
});
