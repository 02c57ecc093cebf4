import { afterAll, afterEach, beforeAll, beforeEach, describe } from '@jest/globals';
import { Outbox } from '@touchstone/postgres';
import { DatabaseFixture, migratedDatabase } from '@touchstone/testing/service';
import type { DataSource } from 'typeorm';
import { PostgresReservationStore } from '../src/persistence/postgres-reservation-store.js';
import { PostgresTransferStore } from '../src/persistence/postgres-transfer-store.js';
import { service } from '../src/service.js';
import { MemoryReservationStore } from './support/memory-reservation-store.js';
import { MemoryTransferStore } from './support/memory-transfer-store.js';
import { describeTransferStore } from './support/transfer-store.contract.js';

function inMemory() {
  const reservations = new MemoryReservationStore();
  return { reservations, transfers: new MemoryTransferStore(reservations) };
}

let memory: ReturnType<typeof inMemory>;
beforeEach(() => {
  memory = inMemory();
});
describeTransferStore('memory', () => memory);

describe('PostgreSQL', () => {
  let fixture: DatabaseFixture;
  let dataSource: DataSource;
  beforeAll(async () => {
    fixture = new DatabaseFixture(service, await migratedDatabase(service));
    dataSource = await fixture.dataSource();
  });
  afterEach(() => dataSource.query('TRUNCATE payments.reservations CASCADE'));
  afterAll(() => fixture.close());

  describeTransferStore('PostgreSQL', () => {
    const outbox = new Outbox(dataSource);
    return {
      reservations: new PostgresReservationStore(dataSource, outbox),
      transfers: new PostgresTransferStore(dataSource, outbox),
    };
  });
});
