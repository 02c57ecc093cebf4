import type { MigrationInterface, QueryRunner } from 'typeorm';
import { GATEWAY_SCHEMA as schema } from '../schema.js';

/** Bytes of one piece of a file. */
const PIECE_BYTES = 1_048_576;

/** Files of added models lie in pieces, as those of submissions do; an approved submission hands its pieces on. */
export class FilePieces1800600000000 implements MigrationInterface {
  readonly name = 'FilePieces1800600000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of up) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of down) await runner.query(statement);
  }
}

const up = [
  // One table for both: what a file belongs to changes, and its bytes stay where they are.
  `CREATE TABLE ${schema}.file_pieces (
    file_id uuid NOT NULL,
    place integer NOT NULL CHECK (place >= 0),
    bytes bytea NOT NULL,
    PRIMARY KEY (file_id, place)
  )`,
  // Weights do not compress; trying takes longer than writing them.
  `ALTER TABLE ${schema}.file_pieces ALTER COLUMN bytes SET STORAGE EXTERNAL`,
  `INSERT INTO ${schema}.file_pieces SELECT submission_id, place, bytes FROM ${schema}.submission_pieces`,
  `DROP TABLE ${schema}.submission_pieces`,
  `ALTER TABLE ${schema}.added_models ADD COLUMN file_id uuid UNIQUE`,
  `UPDATE ${schema}.added_models SET file_id = gen_random_uuid() WHERE file IS NOT NULL`,
  `INSERT INTO ${schema}.file_pieces (file_id, place, bytes)
   SELECT file_id, place, substring(file FROM place * ${PIECE_BYTES} + 1 FOR ${PIECE_BYTES})
   FROM ${schema}.added_models, generate_series(0, (octet_length(file) - 1) / ${PIECE_BYTES}) AS place
   WHERE file IS NOT NULL`,
  `ALTER TABLE ${schema}.added_models DROP COLUMN file`,
];

const down = [
  `ALTER TABLE ${schema}.added_models ADD COLUMN file bytea`,
  `ALTER TABLE ${schema}.added_models ALTER COLUMN file SET STORAGE EXTERNAL`,
  `UPDATE ${schema}.added_models AS model SET file = (
     SELECT string_agg(bytes, ''::bytea ORDER BY place) FROM ${schema}.file_pieces WHERE file_id = model.file_id)`,
  `DELETE FROM ${schema}.file_pieces WHERE file_id IN (SELECT file_id FROM ${schema}.added_models)`,
  `ALTER TABLE ${schema}.added_models DROP COLUMN file_id`,
  `CREATE TABLE ${schema}.submission_pieces (
    submission_id uuid NOT NULL REFERENCES ${schema}.submissions,
    place integer NOT NULL CHECK (place >= 0),
    bytes bytea NOT NULL,
    PRIMARY KEY (submission_id, place)
  )`,
  `ALTER TABLE ${schema}.submission_pieces ALTER COLUMN bytes SET STORAGE EXTERNAL`,
  `INSERT INTO ${schema}.submission_pieces SELECT file_id, place, bytes FROM ${schema}.file_pieces`,
  `DROP TABLE ${schema}.file_pieces`,
];
