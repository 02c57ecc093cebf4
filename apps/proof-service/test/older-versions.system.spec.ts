import { describe, expect, it } from '@jest/globals';
import { canonicalJson } from '@touchstone/canonical-json';
import { proofObject, unixFsCid } from '@touchstone/content-address';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import { anchoredCommitment, commitmentHash, outputLeaf } from '@touchstone/evidence';
import { leafHash, leafHashOfText } from '@touchstone/merkle';
import { olderVersions, type ServiceDataSource } from '@touchstone/testing';
import type { Config } from '../src/config.js';
import { storedProfiles } from '../src/domain/batch/stored-tree.js';
import { PostgresEvidenceStore } from '../src/persistence/postgres-evidence-store.js';
import { PostgresLogStore } from '../src/persistence/postgres-log-store.js';
import { PostgresObjectStore } from '../src/persistence/postgres-object-store.js';
import { PostgresProofStore } from '../src/persistence/postgres-proof-store.js';
import { storedFigures } from '../src/persistence/stored-figures.js';
import { service } from '../src/service.js';
import { LogWorld } from './support/log-world.js';
import { zk } from './support/proven-world.js';

const world = new LogWorld();
const published = world.commitmentPublished().body;
const outputs = [world.output(), world.output()] as const;
const appended = world.entryAppended().body;
const sealed = world.batchSealed(outputs).body;
const checkpoint = (await world.checkpointPublished()).body;
const anchor = world.anchorFinal({ subject: 'evt.v1.anchor.checkpoint.published', body: checkpoint }).body;
// One that is told of before its batch came, and one entry behind a gap.
const early = world.output().body;

const hex = (bytes: Uint8Array): string => `'\\x${bytesToHex(bytes)}'`;
const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;
const leaves = outputs.map(({ body }) => outputLeaf(body.proof));
const { nodes } = storedProfiles['rfc9162-sha256'].store(leaves.map(leafHash));
const commitment = anchoredCommitment(checkpoint.note) as Uint8Array;
const published0 = commitmentHash(published.commitment);
const [first, second] = world.entries.map(leafHashOfText) as [Uint8Array, Uint8Array];

const rows = `
  INSERT INTO proofs.model_commitment (commitment_hash, model_version_id)
    VALUES ('\\x${published0}', '\\x${published.commitment.modelVersionId}');
  ${[...outputs.map(({ body }) => body), early]
    .map(
      (body) => `INSERT INTO proofs.output (verification_id, leaf, commitment_hash, record, recorded_at)
        VALUES ('${body.verificationId}', ${hex(outputLeaf(body.proof))}, '\\x${commitmentHash(body.commitment)}',
          ${text(canonicalJson(body))}, '${body.recordedAt}');`,
    )
    .join('')}
  INSERT INTO proofs.log_entry (log_index, entry)
    VALUES (0, ${text(appended.entry)}), (1, ${text(sealed.entry)}), (3, 'behind a gap');
  INSERT INTO proofs.log_node (level, index, hash)
    VALUES (0, 0, ${hex(first)}), (0, 1, ${hex(second)}), (1, 0, ${hex(world.rootAt(2))});
  UPDATE proofs.log_state SET size = 2;
  INSERT INTO proofs.batch (log_index, batch_id, leaf_count, nodes, sealed_at)
    VALUES (1, '${sealed.batchId}', 2, ${hex(nodes)}, '${sealed.sealedAt}');
  ${leaves
    .map(
      (leaf, place) =>
        `INSERT INTO proofs.batch_leaf (log_index, leaf_index, leaf) VALUES (1, ${place}, ${hex(leaf)});`,
    )
    .join('')}
  INSERT INTO proofs.checkpoint (commitment, size, root, note, state, reason, anchored, published_at) VALUES
    (${hex(commitment)}, 2, ${hex(world.rootAt(2))}, ${text(checkpoint.note)}, 'verified', NULL, true,
     '${checkpoint.publishedAt}'),
    (${hex(first)}, 2, ${hex(first)}, 'a lie', 'refused', 'root', false, '${checkpoint.publishedAt}'),
    (${hex(second)}, 9, ${hex(second)}, 'not judged', 'pending', NULL, false, '${checkpoint.publishedAt}');
  INSERT INTO proofs.anchor (anchor_id, commitment, network, proof, transaction, block_number, final_at, matched)
    VALUES ('${anchor.anchorId}', '\\x${anchor.commitment}', '${anchor.network}', ${text(canonicalJson(anchor.proof))},
      '${anchor.transaction}', ${anchor.blockNumber}, '${anchor.finalAt}', true);`;

const events = (await world.batchSigned([{ id: 'event-1' }])).body;
const { leaves: eventLeaves, events: sent, signedAt, ...signed } = events;
const eventRows = `
  INSERT INTO proofs.event_batch (batch_id, evidence_id, held, body, signed_at)
    VALUES ('${signed.batchId}', '${signed.evidenceId}', true, ${text(JSON.stringify(signed))}, '${signedAt}');
  INSERT INTO proofs.event (batch_id, leaf_index, event_id, event)
    VALUES ('${signed.batchId}', 0, ${hex(new TextEncoder().encode('event-1'))}, ${text(JSON.stringify(sent?.[0]))});`;

const proofRow = `
  INSERT INTO proofs.execution_proof (verification_id, zk, proved_at)
    VALUES ('${early.verificationId}', ${text(canonicalJson(zk))}, '${early.recordedAt}');`;

const objectRows = `
  UPDATE proofs.execution_proof SET cid = '${proofObject(zk).cid}';
  INSERT INTO proofs.object_publication (verification_id, place)
    VALUES ('${early.verificationId}', 'folder'), ('${early.verificationId}', 'ipfs');`;

const storedAnchor = {
  ...{ anchorId: anchor.anchorId, kind: 'evm', network: anchor.network, commitment: anchor.commitment },
  ...{ proof: canonicalJson(anchor.proof), transaction: anchor.transaction, blockNumber: anchor.blockNumber },
  finalAt: anchor.finalAt,
};

const versions = olderVersions({
  service: 'proof-service',
  optionsFor: (url) => service.databaseOptions({ DATABASE_URL: url } as Config),
  rows: [
    { sql: rows },
    { since: 'AnchorSizes1785900000000', sql: 'UPDATE proofs.anchor SET checkpoint_size = 2' },
    { since: 'EventBatches1796400000000', sql: eventRows },
    { since: 'ExecutionProofs1796500000000', sql: proofRow },
    { since: 'ProofObjects1798700000000', sql: objectRows },
  ],
  expectRows: async (dataSource, version) => {
    const hadObjects = version === 'ProofObjects1798700000000';
    const proofCount = hadObjects || version === 'ExecutionProofs1796500000000' ? 1 : 0;
    await expectEvidence(dataSource, BigInt(proofCount));
    await expectObject(dataSource, proofCount, hadObjects);
    const proofs = new PostgresProofStore(dataSource);
    expect(await proofs.newestCheckpoint()).toEqual({
      ...{ size: 2n, root: world.rootAt(2), note: checkpoint.note, publishedAt: checkpoint.publishedAt },
      anchors: [storedAnchor],
    });
    expect(await proofs.batch(sealed.batchId)).toEqual({
      ...{ batchId: sealed.batchId, logIndex: 1n, leafCount: 2, entry: sealed.entry },
      treeProfile: 'rfc9162-sha256',
      checkpoint: { size: 2n, note: checkpoint.note, anchors: [storedAnchor] },
    });
    // An entry of then is found by its hash, a batch is not.
    const entryOf = (entry: string) => proofs.entry(sha256(new TextEncoder().encode(entry)));
    expect(await entryOf(appended.entry)).toEqual({
      ...{ logIndex: 0n, entry: appended.entry },
      checkpoint: { size: 2n, note: checkpoint.note, anchors: [storedAnchor] },
    });
    expect(await entryOf(sealed.entry)).toBeUndefined();
    expect(await proofs.place(leaves[1] as Uint8Array)).toEqual({ batchId: sealed.batchId, leafIndex: 1 });
    expect(await proofs.leaves(1n, 0, 10)).toEqual(leaves);

    const log = new PostgresLogStore(dataSource);
    expect(await log.size()).toBe(2n);
    expect(await log.pendingCheckpoints(10)).toMatchObject([{ size: 9n, note: 'not judged' }]);
    // The copy stops before the gap, as it did then.
    expect(await log.extend(10, () => [])).toBe(0);
    expect(await storedFigures(dataSource)).toEqual({
      ...{ logSize: 2, entriesWaiting: 1, checkpointsPending: 1, anchorsUnmatched: 0 },
    });
  },
});

describe('a database of an older version', () => {
  it.each(versions)('that had $version as its last migration loses nothing', ({ check }) => check(), 60_000);
});

/** A proof of then has its object as soon as the service looks. */
async function expectObject(
  dataSource: ServiceDataSource,
  proofCount: number,
  wasAddressed: boolean,
): Promise<void> {
  const { cid, bytes } = proofObject(zk);
  const objects = new PostgresObjectStore(dataSource);
  if (!wasAddressed) {
    expect(await objects.find(cid)).toBeUndefined();
    expect(await objects.address(10, unixFsCid)).toBe(proofCount);
  }
  if (proofCount === 0) return;
  expect(await objects.find(cid)).toEqual({ cid, bytes: Buffer.from(bytes) });
  const waiting = await objects.claim('ipfs', { firstMs: 1, maxMs: 1 });
  expect(waiting).toMatchObject({ cid, verificationId: early.verificationId, record: canonicalJson(early) });
}

async function expectEvidence(dataSource: ServiceDataSource, proofs: bigint): Promise<void> {
  const evidence = new PostgresEvidenceStore(dataSource);
  const [{ body }] = outputs;
  const { verificationId } = body;
  expect(await evidence.locateOutput(verificationId)).toEqual({
    ...{ verificationId, commitmentHash: published0, commitmentKnown: true, isProved: false, logSize: 2n },
    batch: { logIndex: 1n, leafIndex: 0, leafCount: 2, treeProfile: 'rfc9162-sha256' },
    checkpoints: [
      {
        ...{ commitment: bytesToHex(commitment), size: 2n },
        anchors: [{ anchorId: anchor.anchorId, network: anchor.network }],
      },
    ],
  });
  const parts = await evidence.loadOutput(verificationId, {
    ...{ logIndex: 1n, checkpoints: [bytesToHex(commitment)], anchorIds: [anchor.anchorId] },
    ...{
      batchOffsets: storedProfiles['rfc9162-sha256'].path(0, 2).offsets,
      logNodes: [{ level: 0, index: 0n }],
    },
  });
  expect(parts).toEqual({
    ...{
      subject: canonicalJson(body),
      entry: sealed.entry,
      notes: [checkpoint.note],
      anchors: [storedAnchor],
    },
    ...{ batchHashes: [leafHash(leaves[1] as Uint8Array)], logHashes: [first], zk: null },
  });
  expect(await evidence.arrivals()).toEqual({ anchored: new Map([[anchor.network, 2n]]), proofs });
  const held = { batch: { evidenceId: signed.evidenceId }, event: { eventId: 'event-1' } };
  const stored = await evidence.locateEvent(held);
  // Versions before had no batches of events.
  if (stored) expect(stored).toMatchObject({ signed, held: true, sealed: false });
  const waiting = await evidence.locateOutput(early.verificationId);
  expect(waiting).toMatchObject({ batch: undefined, checkpoints: [] });
}
