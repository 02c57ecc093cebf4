import { describe, expect, it } from '@jest/globals';
import { systemClock } from '@touchstone/platform/wiring';
import type { Outbox } from '@touchstone/postgres';
import type { DataSource } from 'typeorm';
import type { SigningAudit } from '../domain/ports.js';
import { PostgresAuditLog } from './postgres-audit-log.js';
import { PostgresCheckpointStore } from './postgres-checkpoint-store.js';
import { PostgresKeySetStore } from './postgres-key-set-store.js';

const cause = Object.assign(new Error('cannot execute INSERT in a read-only transaction'), { code: '25006' });
const refuses = () => Promise.reject(cause);
const dataSource = {
  query: refuses,
  transaction: refuses,
  manager: { query: refuses },
} as unknown as DataSource;
const keySets = new PostgresKeySetStore(dataSource, {} as Outbox, systemClock);
const audit: SigningAudit = {
  caller: 'inference-gateway',
  operation: 'sign-output',
  keyId: 'key',
  digest: new Uint8Array(32),
  result: 'signed',
  reason: null,
};

describe('a database that is away', () => {
  it.each([
    [
      'a checkpoint',
      () => new PostgresCheckpointStore(dataSource).withLog('origin', () => Promise.reject(cause)),
    ],
    ['the audit of a signature', () => new PostgresAuditLog(dataSource).append(audit)],
    ['the key set', () => keySets.current()],
    ['a new key set', () => keySets.publish([])],
  ])('makes the caller come back: %s', async (_what, ask) => {
    await expect(ask()).rejects.toMatchObject({
      code: 'dependency-unavailable',
      retryAfterSeconds: 1,
      cause,
    });
  });
});
