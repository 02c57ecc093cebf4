import { expect } from '@jest/globals';
import type { BatchSealed, CheckpointPublished, EntryAppended } from '@touchstone/contracts';
import { bytesToHex, hexToBytes } from '@touchstone/crypto';
import { openWithKeys, parseBatchEntry } from '@touchstone/evidence';
import { consistencyProof, leafHash, merkleRoot, verifyConsistency } from '@touchstone/merkle';
import type { LogFixture } from './log-fixture.js';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const bytes = (hex: string): Uint8Array => hexToBytes(hex) as Uint8Array;

/** What a reader of the events sees, after it has checked all of it. */
export interface ObservedLog {
  readonly entries: readonly string[];
  /** All leaves in batches, hex, in the order of the log. */
  readonly leaves: readonly string[];
  readonly batches: readonly BatchSealed[];
  readonly checkpoints: readonly CheckpointPublished[];
}

/**
 * Reads tables and events as an outsider and checks what must hold at any time: indexes are dense, an entry is in
 * one place, a leaf in one batch, every checkpoint verifies, has the root of its prefix, and extends the one before.
 */
export async function expectSoundLog(fixture: LogFixture): Promise<ObservedLog> {
  const batches = await fixture.events<BatchSealed>('evt.v1.anchor.batch.sealed');
  const objects = await fixture.events<EntryAppended>('evt.v1.anchor.entry.appended');
  const checkpoints = await fixture.events<CheckpointPublished>('evt.v1.anchor.checkpoint.published');
  const entries: string[] = [];
  for (const { logIndex, entry } of [...batches, ...objects]) {
    expect(entries[Number(logIndex)]).toBeUndefined();
    entries[Number(logIndex)] = entry;
  }
  expect(Object.keys(entries)).toHaveLength(entries.length);
  expect(new Set(entries).size).toBe(entries.length);
  const stored = await fixture.rows<{ entry: string }>(
    'SELECT entry FROM anchors.log_entry ORDER BY log_index',
  );
  expect(stored.map(({ entry }) => entry)).toEqual(entries);
  expectCheckpoints(fixture, entries, checkpoints);
  const inOrder = [...batches].sort((left, right) => Number(left.logIndex) - Number(right.logIndex));
  for (const batch of inOrder) expectBatch(batch);
  const leaves = inOrder.flatMap((batch) => batch.leaves);
  expect(new Set(leaves).size).toBe(leaves.length);
  await expectStoredLeaves(fixture, inOrder);
  return { entries, leaves, batches: inOrder, checkpoints };
}

function expectCheckpoints(
  fixture: LogFixture,
  entries: readonly string[],
  checkpoints: readonly CheckpointPublished[],
): void {
  const leafHashes = entries.map((entry) => leafHash(utf8(entry)));
  let before: CheckpointPublished | undefined;
  for (const checkpoint of checkpoints) {
    const size = Number(checkpoint.size);
    const opened = openWithKeys(checkpoint.note, fixture.signer.vkey, []);
    expect(opened).toMatchObject({ ok: true, checkpoint: { origin: checkpoint.origin, size: BigInt(size) } });
    expect(checkpoint.root).toBe(bytesToHex(merkleRoot(leafHashes.slice(0, size))));
    if (before) {
      expect(size).toBeGreaterThan(Number(before.size));
      const claim = {
        size1: BigInt(before.size),
        size2: BigInt(size),
        root1: bytes(before.root),
        root2: bytes(checkpoint.root),
        proof: consistencyProof(leafHashes.slice(0, size), Number(before.size)),
      };
      expect(verifyConsistency(claim)).toEqual({ ok: true });
    }
    before = checkpoint;
  }
}

function expectBatch({ entry, leaves, batchId, sealedAt }: BatchSealed): void {
  const root = bytesToHex(merkleRoot(leaves.map((leaf) => leafHash(bytes(leaf)))));
  expect(parseBatchEntry(entry)).toMatchObject({
    ok: true,
    entry: { batchId, root, leafCount: leaves.length, sealedAt, kind: 'output', signature: null },
  });
}

async function expectStoredLeaves(fixture: LogFixture, batches: readonly BatchSealed[]): Promise<void> {
  const rows = await fixture.rows<{ batch: string; leaf: string; position: number }>(
    `SELECT batch_id AS batch, encode(leaf_hash, 'hex') AS leaf, leaf_index AS position FROM anchors.leaf
     WHERE batch_id IS NOT NULL`,
  );
  const expected = batches.flatMap(({ batchId, leaves }) =>
    leaves.map((leaf, position) => `${batchId} ${position} ${leaf}`),
  );
  expect(rows.map(({ batch, position, leaf }) => `${batch} ${position} ${leaf}`).sort()).toEqual(
    expected.sort(),
  );
}
