import { describe, expect, it } from '@jest/globals';
import type { Outbox } from '@touchstone/postgres';
import type { DataSource } from 'typeorm';
import type { HeartbeatReport } from '../domain/heartbeat-report.js';
import { PostgresNodeReader } from './postgres-node-reader.js';
import { PostgresNodeStore } from './postgres-node-store.js';

const cause = Object.assign(new Error('cannot execute INSERT in a read-only transaction'), { code: '25006' });
const refuses = () => Promise.reject(cause);
const dataSource = { query: refuses, transaction: refuses } as unknown as DataSource;
const reader = new PostgresNodeReader(dataSource);

describe('a database that is away', () => {
  it.each([
    ['a node', () => reader.find('node-1')],
    ['the list of nodes', () => reader.list({ limit: 1 })],
    ['the history of a node', () => reader.history('node-1')],
    ['the counts', () => reader.count(0)],
    ['a heartbeat', () => new PostgresNodeStore(dataSource, {} as Outbox, 1).take({} as HeartbeatReport)],
  ])('makes the caller come back: %s', async (_what, ask) => {
    await expect(ask()).rejects.toMatchObject({
      code: 'dependency-unavailable',
      retryAfterSeconds: 1,
      cause,
    });
  });
});
