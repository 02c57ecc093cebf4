import type { SignedBatch } from '@touchstone/contracts';
import { toBytea, withDatabase } from '@touchstone/postgres';
import type { DataSource } from 'typeorm';
import type { TreeProfile } from '../domain/batch/stored-tree.js';
import type {
  Arrivals,
  BatchPlace,
  ChosenAnchor,
  EventLocation,
  EventQuery,
  EvidenceLocation,
  EvidenceParts,
  EvidenceStore,
  OutputLocation,
  ProofRequest,
  StoredAnchor,
} from '../domain/evidence/evidence-store.js';
import { ANCHORED_SIZES_SQL, anchorsJsonSql, chosenCheckpointsSql } from './anchors-sql.js';
import { batchNodesSql, logNodesSql, nodeParameters, splitHashes } from './nodes.js';
import { PROOF_SCHEMA as schema } from './schema.js';

interface LocationRow {
  readonly logSize: string;
  readonly logIndex: string | null;
  readonly leafIndex: number | null;
  readonly leafCount: number | null;
  readonly treeProfile: TreeProfile | null;
  readonly checkpoints: { commitment: string; size: string; anchors: ChosenAnchor[] }[];
}

interface OutputRow extends LocationRow {
  readonly commitmentHash: string;
  readonly commitmentKnown: boolean;
  readonly isProved: boolean;
}

interface EventRow extends LocationRow {
  readonly signed: SignedBatch;
  readonly held: boolean;
  readonly sealed: boolean;
}

interface PartsRow {
  readonly subject: string | null;
  readonly entry: string;
  readonly notes: string[];
  readonly anchors: StoredAnchor[];
  readonly batchHashes: Buffer | null;
  readonly logHashes: Buffer | null;
  readonly zk: string | null;
}

interface ArrivalsRow {
  readonly anchored: Readonly<Record<string, string>>;
  readonly proofs: string;
}

/** Where `place` stands; checkpoints are looked for only where there is one. */
const PLACE_SQL = `
  log_state.size::text AS "logSize", place.log_index::text AS "logIndex", place.leaf_index AS "leafIndex",
  place.leaf_count AS "leafCount", place.tree_profile AS "treeProfile",
  CASE WHEN place.log_index IS NULL THEN '[]'::json
       ELSE (${chosenCheckpointsSql('place.log_index')}) END AS checkpoints`;

/** Every read is a handful of index look-ups. */
const LOCATE_OUTPUT_SQL = `
  SELECT encode(output.commitment_hash, 'hex') AS "commitmentHash",
         EXISTS (SELECT 1 FROM ${schema}.model_commitment AS known
                 WHERE known.commitment_hash = output.commitment_hash) AS "commitmentKnown",
         EXISTS (SELECT 1 FROM ${schema}.execution_proof AS proof
                 WHERE proof.verification_id = output.verification_id) AS "isProved", ${PLACE_SQL}
  FROM ${schema}.output CROSS JOIN ${schema}.log_state
  LEFT JOIN LATERAL (
    SELECT log_index, leaf_index, leaf_count, tree_profile
    FROM ${schema}.batch_leaf JOIN ${schema}.batch USING (log_index)
    WHERE batch_leaf.leaf = output.leaf ORDER BY log_index LIMIT 1
  ) AS place ON true
  WHERE output.verification_id = $1`;

/** `batchColumn` names the batch; the event is named by its id, or by one of the leaves that it may have. */
function locateEventSql(batchColumn: 'evidence_id' | 'batch_id'): string {
  return `
  SELECT signed.body AS signed, signed.held, sealed.log_index IS NOT NULL AS sealed, ${PLACE_SQL}
  FROM ${schema}.event_batch AS signed CROSS JOIN ${schema}.log_state
  LEFT JOIN ${schema}.batch AS sealed ON sealed.batch_id = signed.batch_id
  LEFT JOIN LATERAL (
    SELECT sealed.log_index, batch_leaf.leaf_index, sealed.leaf_count, sealed.tree_profile
    FROM ${schema}.batch_leaf
    WHERE batch_leaf.log_index = sealed.log_index
      AND CASE WHEN $2::bytea IS NULL THEN batch_leaf.leaf = ANY($3::bytea[])
               ELSE batch_leaf.leaf_index = (SELECT event.leaf_index FROM ${schema}.event
                                             WHERE event.batch_id = signed.batch_id AND event.event_id = $2::bytea) END
    ORDER BY batch_leaf.leaf_index LIMIT 1
  ) AS place ON true
  WHERE signed.${batchColumn} = $1`;
}

/** Of a subject that stands in `FROM`; parameters $3 to $7 name the proofs, $2 the place of the batch. */
function loadSql(subject: string, zk: string, from: string): string {
  return `
  SELECT ${subject} AS subject, ${zk} AS zk, log_entry.entry, ${anchorsJsonSql('anchor.anchor_id = ANY($4::uuid[])')} AS anchors,
         ARRAY(SELECT note FROM unnest($3::bytea[]) WITH ORDINALITY AS wanted (commitment, place)
               JOIN ${schema}.checkpoint USING (commitment) ORDER BY place) AS notes,
         ${batchNodesSql('$2', '$5')} AS "batchHashes", ${logNodesSql('$6', '$7')} AS "logHashes"
  FROM ${from} WHERE log_entry.log_index = $2`;
}

const LOAD_OUTPUT_SQL = loadSql(
  'output.record',
  `(SELECT proof.zk FROM ${schema}.execution_proof AS proof WHERE proof.verification_id = output.verification_id)`,
  `${schema}.log_entry JOIN ${schema}.output ON output.verification_id = $1`,
);
const LOAD_EVENT_SQL = loadSql(
  'event.event',
  'NULL::text',
  `${schema}.log_entry LEFT JOIN ${schema}.event ON event.batch_id = $1 AND event.leaf_index = $8`,
);

const ARRIVALS_SQL = `
  SELECT ${ANCHORED_SIZES_SQL} AS anchored,
         (SELECT coalesce(max(place), 0)::text FROM ${schema}.execution_proof) AS proofs`;

/** The read model of evidence in PostgreSQL. */
export class PostgresEvidenceStore implements EvidenceStore {
  constructor(private readonly dataSource: DataSource) {}

  async locateOutput(verificationId: string): Promise<OutputLocation | undefined> {
    const row = await this.first<OutputRow>(LOCATE_OUTPUT_SQL, [verificationId]);
    if (!row) return undefined;
    const { commitmentHash, commitmentKnown, isProved } = row;
    return { ...toLocation(row), verificationId, commitmentHash, commitmentKnown, isProved };
  }

  loadOutput(verificationId: string, request: ProofRequest): Promise<EvidenceParts | undefined> {
    return this.load(LOAD_OUTPUT_SQL, [verificationId, ...proofParameters(request)]);
  }

  async locateEvent({ batch, event }: EventQuery): Promise<EventLocation | undefined> {
    const byEvidence = 'evidenceId' in batch;
    const row = await this.first<EventRow>(locateEventSql(byEvidence ? 'evidence_id' : 'batch_id'), [
      byEvidence ? batch.evidenceId : batch.batchId,
      'eventId' in event ? Buffer.from(event.eventId) : null,
      'eventId' in event ? [] : event.leaves.map((leaf) => Buffer.from(leaf)),
    ]);
    if (!row) return undefined;
    const { signed, held, sealed } = row;
    return { ...toLocation(row), signed, held, sealed };
  }

  loadEvent(
    { leafIndex }: BatchPlace,
    batchId: string,
    request: ProofRequest,
  ): Promise<EvidenceParts | undefined> {
    return this.load(LOAD_EVENT_SQL, [batchId, ...proofParameters(request), leafIndex]);
  }

  async arrivals(): Promise<Arrivals> {
    const row = await this.first<ArrivalsRow>(ARRIVALS_SQL, []);
    const sizes = Object.entries(row?.anchored ?? {});
    return {
      anchored: new Map(sizes.map(([network, size]) => [network, BigInt(size)])),
      proofs: BigInt(row?.proofs ?? 0),
    };
  }

  private async load(sql: string, parameters: unknown[]): Promise<EvidenceParts | undefined> {
    const row = await this.first<PartsRow>(sql, parameters);
    return (
      row && {
        ...row,
        batchHashes: splitHashes(row.batchHashes),
        logHashes: splitHashes(row.logHashes),
      }
    );
  }

  private first<Row>(sql: string, parameters: unknown[]): Promise<Row | undefined> {
    return withDatabase(async () => ((await this.dataSource.query(sql, parameters)) as Row[])[0]);
  }
}

function proofParameters(request: ProofRequest): unknown[] {
  return [
    request.logIndex.toString(),
    request.checkpoints.map(toBytea),
    request.anchorIds,
    request.batchOffsets,
    ...nodeParameters(request.logNodes),
  ];
}

function toLocation({ logIndex, leafIndex, leafCount, treeProfile, ...row }: LocationRow): EvidenceLocation {
  return {
    logSize: BigInt(row.logSize),
    batch:
      logIndex === null || leafIndex === null || leafCount === null || treeProfile === null
        ? undefined
        : { logIndex: BigInt(logIndex), leafIndex, leafCount, treeProfile },
    checkpoints: row.checkpoints.map(({ size, ...checkpoint }) => ({ ...checkpoint, size: BigInt(size) })),
  };
}
