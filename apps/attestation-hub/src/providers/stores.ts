import { SHUTDOWN } from '@touchstone/platform/runtime';
import { provide } from '@touchstone/platform/wiring';
import { Outbox } from '@touchstone/postgres';
import type { ServiceParts } from '@touchstone/service';
import { DataSource } from 'typeorm';
import { flipRulesOf, type Config } from '../config.js';
import { PostgresAuditReader } from '../persistence/postgres-audit-reader.js';
import { PostgresNodeReader } from '../persistence/postgres-node-reader.js';
import { PostgresNodeRemover } from '../persistence/postgres-node-remover.js';
import { PostgresNodeStore } from '../persistence/postgres-node-store.js';
import { PostgresSilentNodeStore } from '../persistence/postgres-silent-node-store.js';
import { AUDIT_READER, NODE_READER, NODE_REMOVER, NODE_STORE, SILENT_NODE_STORE } from '../tokens.js';

/** The ports of the domain on PostgreSQL. */
export function stores(config: Config): NonNullable<ServiceParts['providers']> {
  const auditLinesMax = config.TOUCHSTONE_AUDIT_LINES_MAX;
  const staleAfterMs = config.TOUCHSTONE_STALE_AFTER_MS;
  const database = { dataSource: DataSource };
  return [
    provide(NODE_STORE, { dataSource: DataSource, outbox: Outbox, shutdown: SHUTDOWN }, (parts) => {
      const store = new PostgresNodeStore(parts.dataSource, parts.outbox, {
        nodesMax: config.TOUCHSTONE_NODES_MAX,
        auditLinesMax,
        rules: flipRulesOf(config),
      });
      parts.shutdown.add('outbox', 'heartbeats', () => store.close());
      return store;
    }),
    provide(
      SILENT_NODE_STORE,
      { dataSource: DataSource, outbox: Outbox },
      ({ dataSource, outbox }) =>
        new PostgresSilentNodeStore(dataSource, outbox, { staleAfterMs, auditLinesMax }),
    ),
    provide(NODE_READER, database, ({ dataSource }) => new PostgresNodeReader(dataSource)),
    provide(NODE_REMOVER, database, ({ dataSource }) => new PostgresNodeRemover(dataSource)),
    provide(AUDIT_READER, database, ({ dataSource }) => new PostgresAuditReader(dataSource)),
  ];
}
