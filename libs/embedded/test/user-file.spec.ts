import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { inboxPrefix, meshUsers, type MeshUser } from '@touchstone/contracts';
import { waitUntil } from '@touchstone/testing';
import { locateNatsServer } from '../src/nats/locate-nats-server.js';
import { freePort } from '../src/index.js';
import { MESH_NODES_MAX, natsUsersFile, passwordVariable } from '../src/nats/user-file.js';

const NODES = ['node-1', 'gpu_7'];
/** Not a number, and none of the characters that the server's syntax gives a meaning. */
const passwordOf = (user: string): string => `secret-of-${user.replaceAll('.', '-')}`;

describe('the file of users', () => {
  let folder: string;
  let url: string;
  let server: ChildProcess;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'touchstone-nats-users-'));
    chmodSync(folder, 0o711);
    const port = await freePort();
    url = `nats://127.0.0.1:${port}`;
    writeFileSync(join(folder, 'users.conf'), natsUsersFile(NODES));
    writeFileSync(
      join(folder, 'nats.conf'),
      `listen: 127.0.0.1:${port}\naccounts { MESH { include "users.conf" } }\n`,
    );
    const { path } = await locateNatsServer(() => undefined);
    const secrets = Object.keys(meshUsers(NODES)).map((user) => [passwordVariable(user), passwordOf(user)]);
    server = spawn(path, ['-c', join(folder, 'nats.conf')], {
      env: { ...process.env, ...(Object.fromEntries(secrets) as Record<string, string>) },
      stdio: 'ignore',
    });
    await waitUntil(async () => {
      const connection = await login('operator').catch(() => undefined);
      await connection?.close();
      return connection !== undefined;
    }, 10_000);
  });
  afterEach(async () => {
    const exited = once(server, 'exit');
    server.kill('SIGKILL');
    await exited;
    rmSync(folder, { recursive: true, force: true });
  });
  const login = (user: MeshUser, pass = passwordOf(user)): Promise<NatsConnection> =>
    connect({ servers: url, user, pass, inboxPrefix: inboxPrefix(user), reconnect: false });

  it('lets a server know every user by a password of its environment, with the permissions of the mesh', async () => {
    for (const user of Object.keys(meshUsers(NODES)) as MeshUser[]) await (await login(user)).close();
    await expect(login('signer', passwordOf('operator'))).rejects.toThrow(/authori[sz]ation/i);
    const signer = await login('signer');
    signer.subscribe('svc.v1.signer.sign-output.>', {
      callback: (_error, message) => void message.respond(message.subject),
    });
    await signer.flush();
    const gateway = await login('inference-gateway.gpu_7');
    const subject = 'svc.v1.signer.sign-output.inference-gateway';
    expect((await gateway.request(`${subject}.gpu_7`)).string()).toBe(`${subject}.gpu_7`);
    for (const other of [`${subject}.node-1`, subject, 'svc.v1.signer.sign-output.anchor-worker'])
      await expect(gateway.request(other, '', { timeout: 2_000 })).rejects.toThrow(/permissions/i);
    await Promise.all([gateway.close(), signer.close()]);
  });
});

describe('the names in the file of users', () => {
  it.each(['a.b', '*', '>', 'a"b', ''])('are none such as %j', (node) => {
    expect(() => natsUsersFile([node])).toThrow(expect.objectContaining({ code: 'config-invalid' }));
  });

  it('do not share a variable for their passwords', () => {
    expect(() => natsUsersFile(['a-b', 'a_b'])).toThrow(/TOUCHSTONE_NATS_PASSWORD_INFERENCE_GATEWAY_A_B/);
    expect(natsUsersFile(['a', 'a'])).toBe(natsUsersFile(['a']));
  });

  it('are MESH_NODES_MAX at most', () => {
    const nodes = Array.from({ length: MESH_NODES_MAX }, (_, index) => `node-${index}`);
    expect(natsUsersFile(nodes)).toContain(`"inference-gateway.node-${MESH_NODES_MAX - 1}"`);
    expect(() => natsUsersFile([...nodes, 'one-more'])).toThrow(
      expect.objectContaining({ code: 'config-invalid' }),
    );
  });
});
