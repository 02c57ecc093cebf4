import type { SubmissionState } from '@touchstone/contracts/http/submission-states';
import type { SubmissionManifest } from '@touchstone/contracts/http/market';
import { toBytea } from '@touchstone/postgres';
import type { EntityManager } from 'typeorm';
import type {
  Change,
  NewSubmission,
  Standing,
  Submission,
  SubmissionLimits,
  VerifiedSigning,
} from '../domain/market/submission.js';
import { SUBMISSIONS_OPEN_MAX } from '../domain/market/submission.js';
import { GATEWAY_SCHEMA as schema } from './schema.js';

const DAY_MS = 86_400_000;

/** A submission as the driver gives it. */
export interface SubmissionRow {
  readonly id: string;
  readonly digest: string;
  readonly state: SubmissionState;
  readonly reason: string | null;
  readonly developer: string;
  readonly manifest: SubmissionManifest;
  readonly manifestSha256: string;
  readonly testCasesSha256: string;
  readonly termsSha256: string;
  readonly modelSha256: string;
  readonly modelSha3: string;
  readonly size: string;
  readonly deadline: string;
  readonly signature: string;
  readonly modelSigning: VerifiedSigning | null;
  readonly modelId: string | null;
  readonly createdAt: Date;
}

const hex = (column: string, name: string): string => `encode(${column}, 'hex') AS "${name}"`;

/** What {@link toSubmission} reads. */
export const submissionColumns = `id, ${hex('digest', 'digest')}, state, reason, developer, manifest,
  ${hex('manifest_sha256', 'manifestSha256')}, ${hex('test_cases_sha256', 'testCasesSha256')},
  ${hex('terms_sha256', 'termsSha256')}, ${hex('model_sha256', 'modelSha256')}, ${hex('model_sha3', 'modelSha3')},
  size_bytes AS size, deadline, signature, model_signing AS "modelSigning", model_id AS "modelId",
  created_at AS "createdAt"`;

/** A row as the domain knows it. */
export function toSubmission({ size, deadline, createdAt, ...row }: SubmissionRow): Submission {
  const { id, digest, state, reason, developer, manifest, signature, modelSigning, modelId } = row;
  const { manifestSha256, testCasesSha256, termsSha256, modelSha256, modelSha3 } = row;
  return {
    ...{ id, digest, state, reason, developer, manifest, signature, modelSigning, modelId },
    ...{ manifestSha256, testCasesSha256, termsSha256, modelSha256, modelSha3 },
    sizeBytes: Number(size),
    deadline: Number(deadline),
    createdAtMs: createdAt.getTime(),
  };
}

/** Stores a submission that waits for its validation. */
export async function insertSubmission(manager: EntityManager, submission: NewSubmission): Promise<void> {
  const { id, developer, manifest, sizeBytes, deadline, signature, modelSigning, bundle, testCases } =
    submission;
  await manager.query(
    `INSERT INTO ${schema}.submission_terms (sha256, text) VALUES ($1, $2) ON CONFLICT DO NOTHING`,
    [toBytea(submission.termsSha256), submission.terms],
  );
  await manager.query(
    `INSERT INTO ${schema}.submissions (id, digest, state, developer, name, version, manifest, manifest_sha256,
       test_cases_sha256, terms_sha256, model_sha256, model_sha3, size_bytes, deadline, signature, model_signing,
       signature_bundle, test_cases, created_at, due_at)
     VALUES ($1, $2, 'submitted', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $18)`,
    [
      ...[id, toBytea(submission.digest), developer, manifest.name, manifest.version],
      ...[JSON.stringify(manifest), toBytea(submission.manifestSha256), toBytea(submission.testCasesSha256)],
      ...[toBytea(submission.termsSha256), toBytea(submission.modelSha256), toBytea(submission.modelSha3)],
      ...[sizeBytes, deadline, signature, modelSigning ? JSON.stringify(modelSigning) : null],
      ...[bundle ? Buffer.from(bundle) : null, Buffer.from(testCases)],
      new Date(submission.createdAtMs).toISOString(),
    ],
  );
}

/** Writes down a change of a submission's state. */
export async function insertSubmissionChange(
  manager: EntityManager,
  id: string,
  { atMs, by, from, to, reason }: Change,
): Promise<void> {
  await manager.query(
    `INSERT INTO ${schema}.submission_changes (submission_id, at, by, from_state, to_state, reason)
     VALUES ($1, $2, $3, $4, $5, $6)`,
    [id, new Date(atMs).toISOString(), by, from, to, reason],
  );
}

/** Whether a name is somebody else's, or its version there already. */
export async function nameStanding(
  manager: EntityManager,
  developer: string,
  { name, version }: { readonly name: string; readonly version: string },
): Promise<'name-taken' | 'version-taken' | undefined> {
  const [row] = (await manager.query(
    `SELECT coalesce(bool_or(developer <> $2), false) AS "isTaken", coalesce(bool_or(version = $3), false) AS "hasVersion"
     FROM ${schema}.models WHERE name = $1 OR model_id = $1`,
    [name, developer, version],
  )) as { isTaken: boolean; hasVersion: boolean }[];
  if (row?.isTaken === true) return 'name-taken';
  return row?.hasVersion === true ? 'version-taken' : undefined;
}

/** What stands against a new submission. */
export async function submissionStanding(
  manager: EntityManager,
  developer: string,
  manifest: { readonly name: string; readonly version: string },
  { perDay, nowMs }: SubmissionLimits,
): Promise<Standing> {
  const [newest] = (await manager.query(
    `SELECT created_at FROM ${schema}.submissions WHERE developer = $1 AND created_at > $2
     ORDER BY created_at DESC OFFSET $3 LIMIT 1`,
    [developer, new Date(nowMs - DAY_MS).toISOString(), perDay - 1],
  )) as { created_at: Date }[];
  if (newest !== undefined) return { retryAtMs: newest.created_at.getTime() + DAY_MS };
  const named = await nameStanding(manager, developer, manifest);
  if (named !== undefined) return named;
  const [open] = (await manager.query(
    `SELECT count(*)::int AS count FROM ${schema}.submissions WHERE state IN ('submitted', 'validating', 'awaiting-review')`,
  )) as { count: number }[];
  return (open?.count ?? 0) >= SUBMISSIONS_OPEN_MAX ? 'open-full' : undefined;
}
