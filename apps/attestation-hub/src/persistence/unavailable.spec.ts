import { describe, expect, it } from '@jest/globals';
import type { Outbox } from '@touchstone/postgres';
import type { DataSource } from 'typeorm';
import type { HeartbeatReport } from '../domain/heartbeat-report.js';
import { Zones } from '../domain/zones.js';
import { PostgresAuditReader } from './postgres-audit-reader.js';
import { PostgresNodeReader } from './postgres-node-reader.js';
import { PostgresNodeStore } from './postgres-node-store.js';

const cause = Object.assign(new Error('cannot execute INSERT in a read-only transaction'), { code: '25006' });
const refuses = () => Promise.reject(cause);
const dataSource = { query: refuses, transaction: refuses } as unknown as DataSource;
const reader = new PostgresNodeReader(dataSource);
const rules = { windowMs: 1, threshold: 2 };
const store = new PostgresNodeStore(dataSource, {} as Outbox, {
  nodesMax: 1,
  auditLinesMax: 1,
  rules,
  zones: new Zones(),
});

describe('a database that is away', () => {
  it.each([
    ['a node', () => reader.find('node-1')],
    ['the list of nodes', () => reader.list({ limit: 1, silentBeforeMs: 0 })],
    ['the history of a node', () => reader.history('node-1')],
    ['the audit', () => new PostgresAuditReader(dataSource).page({ limit: 1, after: 0 })],
    ['the counts', () => reader.count(0, 0)],
    ['a heartbeat', () => store.take({} as HeartbeatReport)],
  ])('makes the caller come back: %s', async (_what, ask) => {
    await expect(ask()).rejects.toMatchObject({
      code: 'dependency-unavailable',
      retryAfterSeconds: 1,
      cause,
    });
  });
});
