import { describe, expect, it } from '@jest/globals';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import { PostgresLaneStore } from '@touchstone/evm';
import { leafHash, merkleRoot } from '@touchstone/merkle';
import { Outbox } from '@touchstone/postgres';
import { oldOutbox, olderVersions } from '@touchstone/testing';
import type { Config } from '../src/config.js';
import { buildBatch } from '../src/domain/batch/build-batch.js';
import { emptyLog, extendLog, logRoot } from '../src/domain/log/log-head.js';
import { PostgresAnchorReader } from '../src/persistence/postgres-anchor-reader.js';
import { PostgresAnchorStore } from '../src/persistence/postgres-anchor-store.js';
import { PostgresCheckpointStore } from '../src/persistence/postgres-checkpoint-store.js';
import { PostgresKeptProofStore } from '../src/persistence/postgres-kept-proof-store.js';
import { PostgresSealingStore } from '../src/persistence/postgres-sealing-store.js';
import { service } from '../src/service.js';

const NETWORK = 'eip155:84532';
const SUBMITTER = `0x${'cd'.repeat(20)}`;
const CONTRACT = `0x${'ab'.repeat(20)}`;
const AT = '2026-11-21T08:00:00.123Z';
const FINAL_AT = '2026-11-21T09:00:00.456Z';
const MODEL = 'aa'.repeat(32);
const BATCH_ID = '019aa580-0000-7000-8000-0000000000b1';
const VERIFICATION_ID = '019aa580-0000-7000-8000-0000000000c1';
const proof = { header: 'f901', accountProof: ['f801'], storageProof: ['e2'] };

const hex = (purpose: number, place: number): string => `${purpose}${place}`.repeat(32);
const anchorId = (place: number): string => `019aa580-0000-7000-8000-0000000000a${place}`;
const leaf = (place: number): string => bytesToHex(sha256(new Uint8Array([place])));

// A batch of two leaves behind a commitment, and a third leaf that waits.
const entries = ['{"type":"touchstone.model-commitment.v1"}', '{"type":"touchstone.batch.v1"}'];
const log = extendLog(emptyLog, entries);
const batchRoot = bytesToHex(merkleRoot([1, 2].map((place) => leafHash(sha256(new Uint8Array([place]))))));
const root = bytesToHex(logRoot(log.head));
const firstRoot = bytesToHex(logRoot(extendLog(emptyLog, entries.slice(0, 1)).head));

const pipeline = `
  INSERT INTO anchors.model (model_version_id, model_id, first_seen_at) VALUES ('\\x${MODEL}', 'digits', '${AT}');
  ${entries
    .map(
      (text, place) => `INSERT INTO anchors.log_entry (log_index, kind, entry, leaf_hash, appended_at)
        VALUES (${place}, '${place === 0 ? 'commitment' : 'batch'}', '${text}',
          '\\x${bytesToHex(log.leafHashes[place] as Uint8Array)}', '${AT}');`,
    )
    .join('')}
  ${log.nodes
    .map(
      ({ level, index, hash }) =>
        `INSERT INTO anchors.log_node (level, index, hash) VALUES (${level}, ${index}, '\\x${bytesToHex(hash)}');`,
    )
    .join('')}
  UPDATE anchors.log_state SET origin = 'log.example', vkey = 'log.example+00000000+key', size = 2,
    frontier = ARRAY[${log.head.frontier.map((hash) => `'\\x${bytesToHex(hash)}'::bytea`).join()}];
  INSERT INTO anchors.batch (batch_id, model_version_id, log_index, root, leaf_count, sealed_at)
    VALUES ('${BATCH_ID}', '\\x${MODEL}', 1, '\\x${batchRoot}', 2, '${AT}');
  INSERT INTO anchors.leaf (leaf_hash, model_version_id, nonce, verification_id, accepted_at, batch_id, leaf_index)
    VALUES ('\\x${leaf(1)}', '\\x${MODEL}', '\\x${hex(2, 1)}', '${VERIFICATION_ID}', '${AT}', '${BATCH_ID}', 0),
           ('\\x${leaf(2)}', '\\x${MODEL}', '\\x${hex(2, 2)}', '${VERIFICATION_ID}', '${AT}', '${BATCH_ID}', 1),
           ('\\x${leaf(3)}', '\\x${MODEL}', '\\x${hex(2, 3)}', '${VERIFICATION_ID}', '${AT}', NULL, NULL);
  INSERT INTO anchors.model_anchors (anchor_id, model_version_id, merkle_root, anchored_at, version_id, txid, log_index)
    VALUES ('${BATCH_ID}', '\\x${MODEL}', '\\x${batchRoot}', '${AT}', NULL, NULL, 1);
  INSERT INTO anchors.checkpoint (size, root, note, published_at) VALUES
    (1, '\\x${firstRoot}', 'note of 1', '${AT}'), (2, '\\x${root}', 'note of 2', '${AT}');`;

const anchor = (place: number, size: number, state: string, rest: string): string =>
  `INSERT INTO anchors.chain_anchor (anchor_id, network, checkpoint_size, commitment, contract, submitter, state, revision,
     block_number, block_hash, transaction, gas_used, failure, proof, created_at, final_at)
   VALUES ('${anchorId(place)}', '${NETWORK}', ${size}, '\\x${hex(4, size)}', '${CONTRACT}', '${SUBMITTER}', '${state}', 3,
     ${rest});`;

const anchors = [
  anchor(1, 1, 'failed', `NULL, NULL, NULL, NULL, 'The chain reverted it.', NULL, '${AT}', NULL`),
  anchor(
    ...([2, 1, 'final'] as const),
    `4000000001, '0x${hex(8, 1)}', '0x${hex(5, 2)}', 61000, NULL, '${JSON.stringify(proof)}', '${AT}', '${FINAL_AT}'`,
  ),
  anchor(
    3,
    2,
    'included',
    `4000000009, '0x${hex(8, 2)}', '0x${hex(5, 3)}', 62000, NULL, NULL, '${AT}', NULL`,
  ),
].join('');

const attempts = [
  [1, 1, 4],
  [2, 1, 5],
  // The second attempt of this one has higher fees.
  [3, 1, 6],
  [3, 2, 6],
]
  .map(
    ([place = 0, attempt, nonce]) =>
      `INSERT INTO anchors.anchor_attempt (anchor_id, attempt, nonce, raw, hash, gas, max_fee_per_gas,
         max_priority_fee_per_gas, sent_at_block, created_at)
       VALUES ('${anchorId(place)}', ${attempt}, ${nonce}, '0x02${place}${attempt}', '0x${place}${attempt}${'5'.repeat(62)}',
         60000, ${attempt}000000000, 7, 4000000000, '${AT}');`,
  )
  .join('');

const madeAttempt = (attempt: number) => ({
  ...{ hash: `0x3${attempt}${'5'.repeat(62)}`, raw: `0x023${attempt}` },
  ...{ maxFeePerGas: `${attempt}000000000`, maxPriorityFeePerGas: '7' },
});
const data = `0xdb2c4aca${hex(4, 2)}${'2'.padStart(64, '0')}`;
const lanes = `
  INSERT INTO anchors.lane (network, account, next_nonce) VALUES ('${NETWORK}', '${SUBMITTER}', 7);
  INSERT INTO anchors.lane_transaction
    (id, subject, network, account, nonce, call, attempts, sent_at_block, state, signed_at, touched_at)
  VALUES (gen_random_uuid(), '${anchorId(3)}', '${NETWORK}', '${SUBMITTER}', 6,
    '${JSON.stringify({ to: CONTRACT, data, gas: '60000' })}', '${JSON.stringify([1, 2].map(madeAttempt))}', 4000000000,
    'open', '${AT}', '${AT}');`;

const EVENT_BATCH_ID = '019aa580-0000-7000-8000-0000000000e1';

const wereKept = [
  ...['KeepProofs1785500000000', 'DropInbox1785700000000', 'RememberSequences1785710000000'],
  ...['AnchorKinds1785800000000', 'AnchoredAt1785850000000', 'AnchorCosts1785900000000'],
  ...['AnchorLevels1785950000000', 'EventBatches1796400000000'],
];

const versions = olderVersions({
  service: 'anchor-worker',
  optionsFor: (url) => service.databaseOptions({ DATABASE_URL: url } as Config),
  rows: [
    { sql: pipeline + anchors },
    {
      before: 'Lanes1764300000000',
      sql: `${attempts} INSERT INTO anchors.nonce_lane VALUES ('${NETWORK}', '${SUBMITTER}', 7);`,
    },
    { since: 'Lanes1764300000000', sql: lanes },
    {
      since: 'KeepProofs1785500000000',
      sql: `INSERT INTO anchors.kept_proof
              (anchor_id, block_number, block_hash, recorded_in_block, recorded_at, proof, taken_at)
            VALUES ('${anchorId(3)}', 4000000009, '0x${hex(8, 2)}', 4000000009, 1763712000, '${JSON.stringify(proof)}', '${AT}');`,
    },
    {
      since: 'EventBatches1796400000000',
      sql: `INSERT INTO anchors.event_batch (batch_id, tenant, log_index, root, leaf_count, sealed_at)
            VALUES ('${EVENT_BATCH_ID}', gen_random_uuid(), 0, '\\x${hex(4, 7)}', 1, '${AT}');`,
    },
    ...oldOutbox('anchors', 'evt.v1.anchor.entry.appended', { logIndex: '0', entry: entries[0] }),
  ],
  taken: ['inbox', 'anchor_attempt', 'nonce_lane'],
  expectRows: async (dataSource, version) => {
    const outbox = new Outbox(dataSource);
    const reader = new PostgresAnchorReader(dataSource);
    expect(await reader.roots('digits', { limit: 10, before: undefined })).toEqual([
      {
        root: batchRoot,
        anchoredAt: Math.floor(Date.parse(AT) / 1_000),
        versionId: null,
        txid: null,
        kind: null,
        network: null,
        logIndex: 1n,
      },
    ]);
    expect(await reader.anchor(anchorId(2))).toEqual({
      ...{
        anchorId: anchorId(2),
        kind: 'evm',
        network: NETWORK,
        state: 'final',
        checkpointSize: '1',
        commitment: hex(4, 1),
      },
      ...{
        contract: CONTRACT,
        submitter: SUBMITTER,
        transaction: `0x${hex(5, 2)}`,
        blockNumber: '4000000001',
      },
      ...{ failure: null, createdAt: AT, finalAt: FINAL_AT, proof, level: 'finalized' },
    });
    expect(await reader.anchor(anchorId(1))).toMatchObject({
      state: 'failed',
      failure: 'The chain reverted it.',
    });
    expect(await reader.latestCheckpoint()).toEqual({ size: '2', root, note: 'note of 2', publishedAt: AT });
    expect(await reader.figures()).toMatchObject({
      ...{ logSize: 2n, checkpointSize: 2n, pendingLeaves: 1 },
    });
    // What was final is older than the day that figures are of. What an older version stored has no cost; what is open counts as the most that it may have.
    expect(await reader.networks()).toMatchObject([
      { network: NETWORK, kind: 'evm', byState: { failed: 1, final: 0, included: 1 }, cost: 0n },
    ]);
    expect(await new PostgresAnchorStore(dataSource, outbox, NETWORK).history(7n)).toMatchObject({
      ...{ failuresInRow: 0, openCostMax: 7n, paid: [], newEntries: 0n, waitingSinceMs: undefined },
    });

    const open = await new PostgresAnchorStore(dataSource, outbox, NETWORK).open();
    expect(open.map((found) => [found.anchorId, found.revision, found.state, found.block])).toEqual([
      [anchorId(3), 3, 'included', { number: 4_000_000_009n, hash: `0x${hex(8, 2)}` }],
    ]);
    const store = new PostgresLaneStore(dataSource, {
      ...{ schema: 'anchors', network: NETWORK, drainMs: 0, nowMs: Date.now },
      owner: new PostgresAnchorStore(dataSource, outbox, NETWORK),
    });
    expect((await store.ofSubjects([anchorId(3)])).get(anchorId(3))).toMatchObject({
      ...{ account: SUBMITTER, nonce: 6, state: 'open', call: { to: CONTRACT, data, gas: 60_000n } },
      attempts: [1, 2].map((attempt) => ({
        ...{ hash: madeAttempt(attempt).hash, raw: madeAttempt(attempt).raw, maxPriorityFeePerGas: 7n },
        ...{
          maxFeePerGas: BigInt(attempt) * 1_000_000_000n,
          sentAtBlock: attempt === 2 ? 4_000_000_000n : null,
        },
      })),
    });
    const [lane] = (await dataSource.query(
      'SELECT account, next_nonce::int AS next FROM anchors.lane',
    )) as unknown[];
    expect(lane).toEqual({ account: SUBMITTER, next: 7 });
    const kept = await new PostgresKeptProofStore(dataSource).find(anchorId(3));
    expect(kept?.proof).toEqual(wereKept.includes(version) ? proof : undefined);

    // The log goes on where it was: the waiting leaf is sealed, and the checkpoint that follows extends the last.
    const [sealed] = await new PostgresSealingStore(dataSource, outbox).seal(
      10,
      (pending) => pending.map(({ modelVersionId }) => modelVersionId),
      (modelVersionId, leaves) =>
        buildBatch({
          ...{ batchId: '019aa580-0000-7000-8000-0000000000b2', modelVersionId, leaves },
          ...{ sealedAtMs: Date.parse(FINAL_AT), nodeId: 'node-1' },
        }),
    );
    expect(sealed?.leaves.map(bytesToHex)).toEqual([leaf(3)]);
    const intent = await new PostgresCheckpointStore(dataSource, outbox).intend();
    const whole = extendLog(emptyLog, [...entries, sealed?.entry as string]);
    expect({ ...intent, root: bytesToHex(intent?.root as Uint8Array), last: intent?.last?.size }).toEqual({
      ...{ size: 3n, root: bytesToHex(logRoot(whole.head)), last: 2n },
    });
  },
});

describe('a database of an older version', () => {
  it.each(versions)('that had $version as its last migration loses nothing', ({ check }) => check(), 60_000);
});
