import type { DataSource } from 'typeorm';
import { withDatabase } from '@touchstone/postgres';
import { Batcher } from '@touchstone/work';
import type { AuditLog, SigningAudit } from '../domain/ports.js';

/** Writes audit records of many callers with one commit, so that signing is not bound to one flush per signature. */
export class PostgresAuditLog implements AuditLog {
  private readonly records: Batcher<SigningAudit>;

  constructor(dataSource: DataSource) {
    this.records = new Batcher({
      write: (audits) => withDatabase(() => insertAudits(dataSource, audits)),
    });
  }

  async append(audit: SigningAudit): Promise<void> {
    await this.records.add(audit);
  }

  close(): Promise<void> {
    return this.records.close();
  }
}

/** Writes records with one statement, in the transaction of `connection` where it is that of one. */
export async function insertAudits(
  connection: Pick<DataSource, 'query'>,
  audits: readonly SigningAudit[],
): Promise<undefined[]> {
  const column = <K extends keyof SigningAudit>(name: K): SigningAudit[K][] =>
    audits.map((audit) => audit[name]);
  await connection.query(
    `INSERT INTO signer.signing_audit (caller, operation, key_id, digest, result, reason)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::text[], $6::text[])`,
    [
      column('caller'),
      column('operation'),
      column('keyId'),
      column('digest').map((digest) => Buffer.from(digest)),
      column('result'),
      column('reason'),
    ],
  );
  return audits.map(() => undefined);
}
