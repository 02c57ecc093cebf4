import type { EntityManager } from 'typeorm';
import type { AuditRecord } from '../domain/audit.js';

/** Old lines of the audit that one transaction deletes, so that a lower limit holds up no heartbeat. */
export const AUDIT_LINES_DELETED_MAX = 1_000;

/**
 * Adds lines in the transaction of what they tell. The lock on the end of the audit is held until the commit, so that numbers have no gap
 * and whoever reads on after a number misses no line; the caller takes no further lock of a node after it.
 *
 * @param linesMax lines that are kept; older ones go
 */
export async function appendAudit(
  manager: EntityManager,
  records: readonly AuditRecord[],
  linesMax: number,
): Promise<void> {
  if (records.length === 0) return;
  const [last]: { number: string }[] = await manager.query(
    `WITH taken AS (UPDATE attestation.audit_end SET number = number + $2 RETURNING number),
     added AS (
       INSERT INTO attestation.audit (number, at, event, node_id, reason, old_cap_prefix, new_cap_prefix,
         old_build, new_build, reporter, remote_addr, zone, detail)
       SELECT taken.number - $2 + line.place, line.ts_utc, line.event, line.node_id, line.reason,
         line.old_cap_prefix, line.new_cap_prefix, line.old_build, line.new_build, line.reporter, line.remote_addr,
         line.zone, line.detail
       FROM taken, jsonb_to_recordset($1::jsonb) AS line (place bigint, ts_utc timestamptz, event text, node_id text,
         reason text, old_cap_prefix text, new_cap_prefix text, old_build text, new_build text, reporter text,
         remote_addr text, zone text, detail text))
     SELECT number FROM taken`,
    [JSON.stringify(records.map((record, index) => ({ ...record, place: index + 1 }))), records.length],
  );
  const keptFrom = BigInt(last?.number ?? 0) - BigInt(linesMax);
  if (keptFrom <= 0n) return;
  await manager.query(
    `DELETE FROM attestation.audit WHERE number IN
       (SELECT number FROM attestation.audit WHERE number <= $1 ORDER BY number LIMIT $2)`,
    [String(keptFrom), AUDIT_LINES_DELETED_MAX],
  );
}
