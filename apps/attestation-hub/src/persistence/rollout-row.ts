import type { RolloutState } from '@touchstone/contracts/http/attestation-hub';
import { bytesToHex } from '@touchstone/crypto';
import type { KeptRollout, PlannedRollout } from '../domain/decision-ports.js';
import type { Queryable } from './governance-statements.js';

/** A row of `attestation.rollout` as the driver reads it. */
export interface RolloutRow {
  readonly name: string;
  readonly prefix: string | null;
  readonly nodes: readonly string[] | null;
  readonly build_id: string;
  readonly capability_hash: Buffer;
  readonly started_at: Date;
  readonly ends_at: Date;
  readonly state: RolloutState;
  readonly closed_at: Date | null;
}

export const ROLLOUT_COLUMNS =
  'name, prefix, nodes, build_id, capability_hash, started_at, ends_at, state, closed_at';

export function toRollout(row: RolloutRow): KeptRollout {
  const { prefix, nodes } = row;
  return {
    name: row.name,
    selection: prefix === null ? { nodes: nodes ?? [] } : { prefix },
    build: { buildId: row.build_id, capabilityHash: bytesToHex(row.capability_hash) },
    startedAtMs: row.started_at.getTime(),
    endsAtMs: row.ends_at.getTime(),
    state: row.state,
    closedAtMs: row.closed_at && row.closed_at.getTime(),
  };
}

/** Locks a rollout. */
export async function readRollout(manager: Queryable, name: string): Promise<KeptRollout | undefined> {
  const [row] = (await manager.query(
    `SELECT ${ROLLOUT_COLUMNS} FROM attestation.rollout WHERE name = $1 FOR UPDATE`,
    [name],
  )) as RolloutRow[];
  return row && toRollout(row);
}

export async function insertRollout(
  manager: Queryable,
  { name, selection: { prefix, nodes }, build, durationMs }: PlannedRollout,
  atMs: number,
): Promise<KeptRollout> {
  const [row] = (await manager.query(
    `INSERT INTO attestation.rollout (name, prefix, nodes, build_id, capability_hash, started_at, ends_at, state)
     VALUES ($1, $2, $3, $4, decode($5, 'hex'), $6, $7, 'open') RETURNING ${ROLLOUT_COLUMNS}`,
    [
      name,
      prefix ?? null,
      nodes === undefined ? null : JSON.stringify(nodes),
      build.buildId,
      build.capabilityHash,
      new Date(atMs).toISOString(),
      new Date(atMs + durationMs).toISOString(),
    ],
  )) as [RolloutRow];
  return toRollout(row);
}

export async function closeRollout(
  manager: Queryable,
  name: string,
  state: Exclude<RolloutState, 'open'>,
  atMs: number,
): Promise<void> {
  await manager.query('UPDATE attestation.rollout SET state = $2, closed_at = $3 WHERE name = $1', [
    name,
    state,
    new Date(atMs).toISOString(),
  ]);
}
