import { describe, expect, it } from '@jest/globals';
import { durables, events, serviceNames } from '@touchstone/contracts';
import { readFileSync } from 'node:fs';
import { databaseOptionsOf } from './database.js';
import { placeInMesh } from './place-in-mesh.js';
import { VERSION } from './version.js';

const config = {
  DATABASE_URL: 'postgresql://x:y@127.0.0.1:1/z',
  TOUCHSTONE_DATABASE_POOL_MAX: 3,
  TOUCHSTONE_DATABASE_STATEMENT_TIMEOUT_MS: 1_000,
};

describe('the place of a service', () => {
  it('is what the tables say', () => {
    expect(placeInMesh('anchor-worker')).toEqual({
      publishes: true,
      streams: ['ANCHOR', 'INFERENCE', 'SIGNING'],
      durables: ['anchor-worker-inference', 'anchor-worker-key-set', 'anchor-worker-stuck'],
      rpc: 'anchor-worker',
    });
    expect(placeInMesh('signer')).toEqual({
      publishes: true,
      streams: ['SIGNING', 'ATTESTATION'],
      durables: ['signer-nodes'],
      rpc: 'signer',
    });
    expect(placeInMesh('proof-service')).toMatchObject({
      publishes: false,
      streams: ['INFERENCE', 'SIGNING', 'PROVING', 'ANCHOR'],
    });
  });

  it('leaves out no event and no durable', () => {
    const places = serviceNames.map(placeInMesh);
    expect(places.flatMap((place) => place.durables).sort()).toEqual(durables.map(({ name }) => name).sort());
    for (const [index, name] of serviceNames.entries())
      for (const { publisher, stream } of Object.values(events))
        if (publisher === name) expect(places[index]?.streams).toContain(stream);
  });
});

describe('the database of a service', () => {
  it('has the tables of an outbox when the service publishes', () => {
    const published = databaseOptionsOf('signer', [], config);
    expect(published).toMatchObject({ schema: 'signer', applicationName: 'signer', poolMax: 3 });
    expect(published.migrations).toHaveLength(2);
    expect(databaseOptionsOf('proof-service', [], config).migrations).toEqual([]);
  });
});

describe('the version', () => {
  it('is that of the packages', () => {
    const root = new URL('../../../package.json', import.meta.url);
    expect(JSON.parse(readFileSync(root, 'utf8'))).toMatchObject({ version: VERSION });
  });
});
