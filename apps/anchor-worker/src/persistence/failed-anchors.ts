import { shortText, STUCK_REASON_CHARACTERS_MAX, type AnchorKind } from '@touchstone/contracts';
import { lockInTransaction, type Outbox } from '@touchstone/postgres';
import type { EntityManager } from 'typeorm';
import { BUDGET_WINDOW_MS } from '../domain/anchor/policy.js';
import {
  ANCHOR_FAILURES_MAX,
  FAILED_ANCHORS_AGE_MS,
  FAILED_ANCHORS_MAX,
} from '../domain/anchor/target-store.js';
import { STREAK_BEGAN_SQL } from './network-history.js';
import { ANCHOR_SCHEMA as schema } from './schema.js';

/** An anchor that failed in this transaction. */
export interface FailedAnchor {
  readonly kind: AnchorKind;
  readonly network: string;
  readonly checkpointSize: bigint;
  readonly reason: string;
}

/**
 * Stores a failed anchor. Failures of one network are counted one after the other, so that of two replicas exactly one finds the count
 * full, and the event about it is written once for each streak.
 *
 * @param store writes the row; `false` when somebody else was faster, and nothing happened
 */
export async function storeFailure(
  manager: EntityManager,
  outbox: Outbox,
  failed: FailedAnchor,
  store: () => Promise<boolean>,
): Promise<boolean> {
  const { kind, network, checkpointSize, reason } = failed;
  await lockInTransaction(manager, 'anchor-failures', `${schema}/${network}`);
  if (!(await store())) return false;
  const [streak] = (await manager.query(
    `SELECT count(*)::int AS count, clock_timestamp() AS at FROM ${schema}.chain_anchor
     WHERE network = $1 AND state = 'failed' AND created_at > ${STREAK_BEGAN_SQL}`,
    [network],
  )) as [{ count: number; at: Date }];
  if (streak.count === ANCHOR_FAILURES_MAX)
    await outbox.append(manager, 'evt.v1.anchor.anchor.stuck', {
      ...{ network, kind, checkpointSize: checkpointSize.toString(), failuresInRow: streak.count },
      ...{ reason: shortText(reason, STUCK_REASON_CHARACTERS_MAX), at: streak.at.toISOString() },
    });
  await dropFailed(manager, network);
  return true;
}

/**
 * Deletes failed anchors that are too old or too many. Those of the streak that lasts stay until they are too many: its count decides
 * on the next pause, and must not pass {@link ANCHOR_FAILURES_MAX} twice. Those that count in the budget stay until they do not.
 */
export async function dropFailed(manager: EntityManager, network: string): Promise<void> {
  await manager.query(
    `WITH ranked AS (
       SELECT anchor_id, created_at,
              coalesce(cost > 0, cost_max IS NOT NULL) AND coalesce(cost_at, created_at)
                > clock_timestamp() - $4 * interval '1 millisecond' AS counts,
              row_number() OVER (ORDER BY created_at DESC, anchor_id DESC) AS place
       FROM ${schema}.chain_anchor WHERE network = $1 AND state = 'failed'
     ), gone AS (
       SELECT anchor_id FROM ranked WHERE NOT counts AND (place > $2 OR (created_at <= ${STREAK_BEGAN_SQL}
         AND created_at < clock_timestamp() - $3 * interval '1 millisecond'))
     ), proofs AS (
       DELETE FROM ${schema}.kept_proof WHERE anchor_id IN (SELECT anchor_id FROM gone)
     )
     DELETE FROM ${schema}.chain_anchor WHERE anchor_id IN (SELECT anchor_id FROM gone)`,
    [network, FAILED_ANCHORS_MAX, FAILED_ANCHORS_AGE_MS, BUDGET_WINDOW_MS],
  );
}
