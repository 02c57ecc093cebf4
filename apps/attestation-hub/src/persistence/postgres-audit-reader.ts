import type { AuditEvent } from '@touchstone/contracts';
import { withDatabase } from '@touchstone/postgres';
import type { DataSource } from 'typeorm';
import type { AuditLine, AuditRecord } from '../domain/audit.js';
import type { AuditQuery, AuditReader } from '../domain/ports.js';

interface AuditRow extends Omit<AuditRecord, 'ts_utc' | 'event'> {
  readonly number: string;
  readonly at: Date;
  readonly event: AuditEvent;
}

/** Reads the audit from PostgreSQL; every replica sees the same. */
export class PostgresAuditReader implements AuditReader {
  constructor(private readonly dataSource: DataSource) {}

  async page({ limit, after, node, event }: AuditQuery): Promise<AuditLine[]> {
    const rows = await withDatabase(() =>
      this.dataSource.query<AuditRow[]>(
        `SELECT * FROM attestation.audit
         WHERE number > $1 AND ($2::text IS NULL OR node_id = $2) AND ($3::text IS NULL OR event = $3)
         ORDER BY number LIMIT $4`,
        [after, node ?? null, event ?? null, limit],
      ),
    );
    return rows.map(({ number, at, ...record }) => ({
      ...record,
      number: Number(number),
      ts_utc: at.toISOString(),
    }));
  }
}
