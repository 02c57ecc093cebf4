import { meshUsers } from '@touchstone/contracts';
import { describe, expect, it } from '@jest/globals';
import { natsConfiguration } from './configuration.js';

describe('configuration of nats-server', () => {
  const users = Object.entries(meshUsers(['node-1', 'node-2'])).map(([user, permissions]) => ({
    user,
    password: 'p',
    permissions,
  }));
  const configuration = JSON.parse(
    natsConfiguration({ port: 4222, storeFolder: '/store', accounts: [{ name: 'MESH', users }] }),
  );

  it('listens on the loopback interface alone, with JetStream in its folder', () => {
    expect(configuration).toMatchObject({
      listen: '127.0.0.1:4222',
      max_payload: 1_048_576,
      jetstream: { store_dir: '/store' },
    });
  });

  it('gives every user of the mesh its exact lists, replies to whoever answers RPCs, and nobody else anything', () => {
    const { MESH, ...others } = configuration.accounts;
    expect(others).toEqual({});
    expect(MESH.users.map(({ user }: { user: string }) => user)).toEqual(
      Object.keys(meshUsers(['node-1', 'node-2'])),
    );
    for (const { user, permissions } of MESH.users) {
      expect(permissions).toEqual({
        publish: { allow: meshUsers(['node-1', 'node-2'])[user]?.publish },
        subscribe: { allow: meshUsers(['node-1', 'node-2'])[user]?.subscribe },
        ...(meshUsers(['node-1', 'node-2'])[user]?.answers ? { allow_responses: true } : {}),
      });
    }
    const answering = MESH.users.filter(
      ({ permissions }: { permissions: object }) => 'allow_responses' in permissions,
    );
    expect(answering.map(({ user }: { user: string }) => user).sort()).toEqual([
      'anchor-worker',
      'attestation-hub',
      'payment-verifier',
      'signer',
    ]);
  });
});
