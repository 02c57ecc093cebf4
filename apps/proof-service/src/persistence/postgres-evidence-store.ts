import { toBytea, withDatabase } from '@touchstone/postgres';
import type { DataSource } from 'typeorm';
import type {
  ChosenAnchor,
  EvidenceLocation,
  EvidenceParts,
  EvidenceRequest,
  EvidenceStore,
  StoredAnchor,
} from '../domain/evidence/evidence-store.js';
import { ANCHORED_SIZES_SQL, anchorsJsonSql, chosenCheckpointsSql } from './anchors-sql.js';
import { batchNodesSql, logNodesSql, nodeParameters, splitHashes } from './nodes.js';
import { PROOF_SCHEMA as schema } from './schema.js';

interface LocationRow {
  readonly commitmentHash: string;
  readonly commitmentKnown: boolean;
  readonly logSize: string;
  readonly logIndex: string | null;
  readonly leafIndex: number | null;
  readonly leafCount: number | null;
  readonly checkpoints: { commitment: string; size: string; anchors: ChosenAnchor[] }[];
}

interface PartsRow {
  readonly record: string;
  readonly entry: string;
  readonly notes: string[];
  readonly anchors: StoredAnchor[];
  readonly batchHashes: Buffer | null;
  readonly logHashes: Buffer | null;
}

/** Every read is a handful of index look-ups. */
const LOCATE_SQL = `
  SELECT encode(output.commitment_hash, 'hex') AS "commitmentHash", log_state.size::text AS "logSize",
         EXISTS (SELECT 1 FROM ${schema}.model_commitment AS known
                 WHERE known.commitment_hash = output.commitment_hash) AS "commitmentKnown",
         place.log_index::text AS "logIndex", place.leaf_index AS "leafIndex", place.leaf_count AS "leafCount",
         CASE WHEN place.log_index IS NULL THEN '[]'::json
              ELSE (${chosenCheckpointsSql('place.log_index')}) END AS checkpoints
  FROM ${schema}.output CROSS JOIN ${schema}.log_state
  LEFT JOIN LATERAL (
    SELECT log_index, leaf_index, leaf_count FROM ${schema}.batch_leaf JOIN ${schema}.batch USING (log_index)
    WHERE batch_leaf.leaf = output.leaf ORDER BY log_index LIMIT 1
  ) AS place ON true
  WHERE output.verification_id = $1`;

const LOAD_SQL = `
  SELECT output.record, log_entry.entry, ${anchorsJsonSql('anchor.anchor_id = ANY($4::uuid[])')} AS anchors,
         ARRAY(SELECT note FROM unnest($3::bytea[]) WITH ORDINALITY AS wanted (commitment, place)
               JOIN ${schema}.checkpoint USING (commitment) ORDER BY place) AS notes,
         ${batchNodesSql('$2', '$5')} AS "batchHashes", ${logNodesSql('$6', '$7')} AS "logHashes"
  FROM ${schema}.output, ${schema}.log_entry
  WHERE output.verification_id = $1 AND log_entry.log_index = $2`;

/** The read model of evidence in PostgreSQL. */
export class PostgresEvidenceStore implements EvidenceStore {
  constructor(private readonly dataSource: DataSource) {}

  locate(verificationId: string): Promise<EvidenceLocation | undefined> {
    return withDatabase(async () => {
      const [row] = (await this.dataSource.query(LOCATE_SQL, [verificationId])) as LocationRow[];
      return row && toLocation(verificationId, row);
    });
  }

  load(request: EvidenceRequest): Promise<EvidenceParts | undefined> {
    return withDatabase(async () => {
      const [row] = (await this.dataSource.query(LOAD_SQL, [
        request.verificationId,
        request.logIndex.toString(),
        request.checkpoints.map(toBytea),
        request.anchorIds,
        request.batchOffsets,
        ...nodeParameters(request.logNodes),
      ])) as PartsRow[];
      return (
        row && {
          ...row,
          batchHashes: splitHashes(row.batchHashes),
          logHashes: splitHashes(row.logHashes),
        }
      );
    });
  }

  anchoredSizes(): Promise<ReadonlyMap<string, bigint>> {
    return withDatabase(async () => {
      const rows = (await this.dataSource.query(ANCHORED_SIZES_SQL)) as { network: string; size: string }[];
      return new Map(rows.map(({ network, size }) => [network, BigInt(size)]));
    });
  }
}

function toLocation(verificationId: string, row: LocationRow): EvidenceLocation {
  const { logIndex, leafIndex, leafCount } = row;
  return {
    verificationId,
    commitmentHash: row.commitmentHash,
    commitmentKnown: row.commitmentKnown,
    logSize: BigInt(row.logSize),
    batch:
      logIndex === null || leafIndex === null || leafCount === null
        ? undefined
        : { logIndex: BigInt(logIndex), leafIndex, leafCount },
    checkpoints: row.checkpoints.map(({ size, ...checkpoint }) => ({ ...checkpoint, size: BigInt(size) })),
  };
}
