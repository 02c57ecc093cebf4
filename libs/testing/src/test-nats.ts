import { openSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { inboxPrefix, meshUsers } from '@touchstone/contracts';
import { testNatsLogin, testServers } from './test-servers.js';
import { TEST_NODES, testUser, type MeshUserName } from './test-users.js';

/** An account that no other test sees: no subject, stream or consumer is shared. */
export interface TestNats {
  readonly account: string;
  readonly url: string;
  readonly serverVersion: string;
  /** The login of a mesh user; its permissions are those of `meshUsers()`, its inbox prefix that of the name. */
  login(user: MeshUserName): { readonly user: string; readonly password: string };
  /** Connects as a mesh user with the inbox prefix its permissions name. */
  connect(user: MeshUserName): Promise<NatsConnection>;
}

/** Takes the next account: creating a file exclusively succeeds for exactly one of all workers. */
function takeAccount(): { readonly name: string; readonly password: string } {
  const { folder, nats } = testServers();
  for (const account of nats.accounts) {
    try {
      closeSync(openSync(join(folder, 'accounts', account.name), 'wx'));
      return account;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  throw new Error(
    `All ${nats.accounts.length} NATS accounts of this run are taken: raise TEST_ACCOUNTS_MAX.`,
  );
}

/** Takes an isolated NATS account with all users of the mesh; call it once per test file. */
export function testNats(): TestNats {
  const { nats } = testServers();
  const { name, password } = takeAccount();
  const known = Object.keys(meshUsers(TEST_NODES));
  const login = (asked: MeshUserName) => {
    const user = testUser(asked);
    if (!known.includes(user)) throw new Error(`The mesh has no user ${user}.`);
    return { user: testNatsLogin(name, user), password };
  };
  return {
    account: name,
    url: nats.url,
    serverVersion: nats.version,
    login,
    connect: async (user) => {
      const credentials = login(user);
      return await connect({
        servers: nats.url,
        user: credentials.user,
        pass: credentials.password,
        inboxPrefix: inboxPrefix(testUser(user)),
        name: testUser(user),
      });
    },
  };
}
