import { SHUTDOWN } from '@touchstone/platform/runtime';
import { CLOCK, provide } from '@touchstone/platform/wiring';
import { Outbox } from '@touchstone/postgres';
import type { ServiceParts } from '@touchstone/service';
import { DataSource } from 'typeorm';
import { flipRulesOf, type Config } from '../config.js';
import { Zones } from '../domain/zones.js';
import { PostgresAuditReader } from '../persistence/postgres-audit-reader.js';
import { PostgresDecisionStore } from '../persistence/postgres-decision-store.js';
import { PostgresKeyStore } from '../persistence/postgres-key-store.js';
import { PostgresNodeReader } from '../persistence/postgres-node-reader.js';
import { PostgresNodeRemover } from '../persistence/postgres-node-remover.js';
import { PostgresNodeStore } from '../persistence/postgres-node-store.js';
import { PostgresPolicyStore } from '../persistence/postgres-policy-store.js';
import { PostgresRolloutStore } from '../persistence/postgres-rollout-store.js';
import { PostgresSilentNodeStore } from '../persistence/postgres-silent-node-store.js';
import { PostgresStandingReader } from '../persistence/postgres-standing-reader.js';
import * as tokens from '../tokens.js';

type Providers = NonNullable<ServiceParts['providers']>;

const database = { dataSource: DataSource };
const writing = { dataSource: DataSource, outbox: Outbox, zones: Zones };

/** The ports of the domain on PostgreSQL. */
export function stores(config: Config): Providers {
  return [
    provide(Zones, {}, () => new Zones(config.TOUCHSTONE_NODE_ZONES)),
    ...writers(config),
    ...readers(config),
  ];
}

function writers(config: Config): Providers {
  const auditLinesMax = config.TOUCHSTONE_AUDIT_LINES_MAX;
  const staleAfterMs = config.TOUCHSTONE_STALE_AFTER_MS;
  return [
    provide(tokens.NODE_STORE, { ...writing, shutdown: SHUTDOWN }, (parts) => {
      const store = new PostgresNodeStore(parts.dataSource, parts.outbox, {
        ...{ nodesMax: config.TOUCHSTONE_NODES_MAX, auditLinesMax },
        ...{ rules: flipRulesOf(config), zones: parts.zones },
      });
      parts.shutdown.add('outbox', 'heartbeats', () => store.close());
      return store;
    }),
    provide(
      tokens.SILENT_NODE_STORE,
      writing,
      ({ dataSource, outbox, zones }) =>
        new PostgresSilentNodeStore(dataSource, outbox, { staleAfterMs, auditLinesMax, zones }),
    ),
    provide(
      tokens.DECISION_STORE,
      writing,
      ({ dataSource, outbox, zones }) =>
        new PostgresDecisionStore(dataSource, { outbox, auditLinesMax }, zones),
    ),
    provide(
      tokens.KEY_STORE,
      writing,
      ({ dataSource, outbox, zones }) => new PostgresKeyStore(dataSource, { outbox, auditLinesMax }, zones),
    ),
    provide(
      tokens.POLICY_STORE,
      writing,
      ({ dataSource, outbox, zones }) =>
        new PostgresPolicyStore(dataSource, { outbox, auditLinesMax }, zones),
    ),
    provide(
      tokens.ROLLOUT_STORE,
      database,
      ({ dataSource }) => new PostgresRolloutStore(dataSource, auditLinesMax),
    ),
    provide(
      tokens.NODE_REMOVER,
      { ...writing, clock: CLOCK },
      ({ dataSource, outbox, zones, clock }) => new PostgresNodeRemover(dataSource, { outbox }, zones, clock),
    ),
  ];
}

function readers(config: Config): Providers {
  return [
    provide(tokens.NODE_READER, database, ({ dataSource }) => new PostgresNodeReader(dataSource)),
    provide(tokens.AUDIT_READER, database, ({ dataSource }) => new PostgresAuditReader(dataSource)),
    provide(
      tokens.STANDING_READER,
      { dataSource: DataSource, zones: Zones },
      ({ dataSource, zones }) =>
        new PostgresStandingReader(dataSource, zones, config.TOUCHSTONE_STALE_AFTER_MS),
    ),
  ];
}
