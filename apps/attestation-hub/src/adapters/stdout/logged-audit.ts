import type { Logger } from '@touchstone/platform/observability';
import type { AuditRecord } from '../../domain/audit.js';
import type { AuditTrail } from '../../domain/ports.js';

/** Writes audit records as JSON lines through the logger of the process, each marked with `"audit":true`. */
export class LoggedAudit implements AuditTrail {
  constructor(private readonly logger: Logger) {}

  record(record: AuditRecord): void {
    this.logger.info({ audit: true, ...record }, 'attestation audit');
  }
}
