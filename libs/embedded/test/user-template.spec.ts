import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connect, jwtAuthenticator, nkeys, type NatsConnection } from '@nats-io/transport-node';
import { inboxPrefix, type MeshUser } from '@touchstone/contracts';
import { waitUntil } from '@touchstone/testing';
import { freePort } from '../src/index.js';
import { locateNatsServer } from '../src/nats/locate-nats-server.js';
import { natsUserTemplates } from '../src/nats/user-file.js';

type KeyPair = ReturnType<typeof nkeys.createAccount>;

const unlimited = { subs: -1, data: -1, payload: -1 };
const [operator, account, scoped] = [nkeys.createOperator(), nkeys.createAccount(), nkeys.createAccount()];

/** A NATS JWT, as `nsc` writes it. */
function jwt(issuer: KeyPair, subject: KeyPair, name: string, nats: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { iat: 1_700_000_000, iss: issuer.getPublicKey(), sub: subject.getPublicKey(), name, nats };
  const signed = `${part({ typ: 'JWT', alg: 'ed25519-nkey' })}.${part({ ...claims, jti: name })}`;
  return `${signed}.${Buffer.from(issuer.sign(Buffer.from(signed))).toString('base64url')}`;
}

const operatorJwt = jwt(operator, operator, 'operator', { type: 'operator', version: 2 });

function accountJwt(): string {
  const template = (natsUserTemplates() as Record<string, object>)['inference-gateway'];
  return jwt(operator, account, 'mesh', {
    limits: { ...unlimited, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 },
    signing_keys: [
      {
        kind: 'user_scope',
        key: scoped.getPublicKey(),
        role: 'gateway',
        template: { ...unlimited, ...template },
      },
    ],
    ...{ type: 'account', version: 2 },
  });
}

describe('the template for logins by signed credentials', () => {
  let folder: string;
  let url: string;
  let server: ChildProcess;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'touchstone-nats-template-'));
    chmodSync(folder, 0o711);
    const port = await freePort();
    url = `nats://127.0.0.1:${port}`;
    const resolver = JSON.stringify({ [account.getPublicKey()]: accountJwt() });
    const file = join(folder, 'nats.conf');
    writeFileSync(
      file,
      `listen: 127.0.0.1:${port}\noperator: "${operatorJwt}"\nresolver: MEMORY\nresolver_preload: ${resolver}\n`,
    );
    const { path } = await locateNatsServer(() => undefined);
    server = spawn(path, ['-c', file], { stdio: 'ignore' });
    await waitUntil(async () => {
      const connection = await login('inference-gateway.node-1').catch(() => undefined);
      await connection?.close();
      return connection !== undefined;
    }, 10_000);
  });
  afterAll(async () => {
    const exited = once(server, 'exit');
    server.kill('SIGKILL');
    await exited;
    rmSync(folder, { recursive: true, force: true });
  });

  /** Logs in with a credential that an operator made; that of a gateway has the name of its node and no permissions. */
  function login(user: MeshUser): Promise<NatsConnection> {
    const key = nkeys.createUser();
    const [, node] = user.split('.');
    const nats = { issuer_account: account.getPublicKey(), type: 'user', version: 2 };
    const credential = node
      ? jwt(scoped, key, node, nats)
      : jwt(account, key, user, { type: 'user', version: 2, ...unlimited });
    return connect({
      servers: url,
      authenticator: jwtAuthenticator(credential, key.getSeed()),
      inboxPrefix: inboxPrefix(user),
      reconnect: false,
    });
  }

  it('gives each node the permissions of its name and no other', async () => {
    const signer = await login('signer');
    signer.subscribe('svc.v1.signer.sign-output.>', {
      callback: (_error, message) => void message.respond(message.subject),
    });
    await signer.flush();
    const subject = 'svc.v1.signer.sign-output.inference-gateway';
    for (const [node, other] of [
      ['node-1', 'GPU_7'],
      ['GPU_7', 'node-1'],
    ] as const) {
      const gateway = await login(`inference-gateway.${node}`);
      expect((await gateway.request(`${subject}.${node}`)).string()).toBe(`${subject}.${node}`);
      for (const forged of [`${subject}.${other}`, subject, `${subject}.${node}.x`])
        await expect(gateway.request(forged, '', { timeout: 2_000 })).rejects.toThrow(/permissions/i);
      const refused = new Promise<Error | null>((resolve) => {
        gateway.subscribe(`${inboxPrefix(`inference-gateway.${other}`)}.>`, { callback: resolve });
      });
      await expect(refused).resolves.toMatchObject({ name: 'PermissionViolationError' });
      await gateway.close();
    }
    await signer.close();
  });
});
