import type { MigrationInterface, QueryRunner } from 'typeorm';
import { GATEWAY_SCHEMA as schema } from '../schema.js';

/** Models that are added while the service runs, with their files; the status `retired`. */
export class AddedModels1763800000000 implements MigrationInterface {
  readonly name = 'AddedModels1763800000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of up) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of down) await runner.query(statement);
  }
}

const statusCheck = (statuses: string): string[] => [
  `ALTER TABLE ${schema}.models DROP CONSTRAINT models_status_check`,
  `ALTER TABLE ${schema}.models ADD CONSTRAINT models_status_check CHECK (status IN (${statuses}))`,
];

const up = [
  ...statusCheck("'pending', 'active', 'suspended', 'retired'"),
  `CREATE TABLE ${schema}.added_models (
    model_version_id bytea PRIMARY KEY REFERENCES ${schema}.models,
    model_id text NOT NULL UNIQUE,
    name text NOT NULL,
    version text NOT NULL,
    file bytea,
    added_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (name, version)
  )`,
  // Weights do not compress; trying takes longer than writing them.
  `ALTER TABLE ${schema}.added_models ALTER COLUMN file SET STORAGE EXTERNAL`,
];

const down = [
  `DROP TABLE ${schema}.added_models`,
  `UPDATE ${schema}.models SET status = 'suspended' WHERE status = 'retired'`,
  ...statusCheck("'pending', 'active', 'suspended'"),
];
