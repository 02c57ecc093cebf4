import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { meshUsers, serviceNames, type ServiceName } from '@touchstone/contracts';
import {
  ensureDatabase,
  ensureServiceRoles,
  ensureServiceSchemas,
  isRunning,
  ownIdentity,
  readIdentity,
  startNats,
  startPostgres,
  type NatsAccount,
} from '@touchstone/embedded';
import { TEST_NODES } from './test-users.js';

/** NATS accounts made ahead of a run; a test file that wants one takes the next. */
export const TEST_ACCOUNTS_MAX = 512;
/** The database with roles and empty schemas that test databases are cloned from. */
export const TEMPLATE_DATABASE = 'touchstone_template';
const FOLDER_PREFIX = 'touchstone-test-';
// Not TOUCHSTONE_…: a service that a test gives its own environment would refuse the name.
const ADDRESS_VARIABLE = 'TEST_SERVERS_FILE';

/** What the workers of one run know about its servers; it lies in a file (0600) that the environment names. */
export interface TestServers {
  readonly folder: string;
  readonly postgres: {
    readonly port: number;
    readonly superuserUrl: string;
    readonly rolePasswords: Readonly<Record<ServiceName, string>>;
  };
  readonly nats: {
    readonly url: string;
    readonly version: string;
    readonly accounts: readonly { readonly name: string; readonly password: string }[];
  };
}

/** The login of a mesh user in one account; logins are unique in a server, so the account is a part of it. */
export function testNatsLogin(account: string, user: string): string {
  return `${user}@${account}`;
}

const secret = (): string => randomBytes(32).toString('hex');

/** Removes the folders of runs that were killed; their servers ended with them. */
function sweepAbandonedRuns(): void {
  for (const name of readdirSync(tmpdir())) {
    if (!name.startsWith(FOLDER_PREFIX)) continue;
    const folder = join(tmpdir(), name);
    const owner = readIdentity(join(folder, 'owner.json'));
    if (owner === undefined || isRunning(owner)) continue;
    try {
      rmSync(folder, { recursive: true, force: true });
    } catch {
      // It belongs to another user of the machine, whose next run removes it.
    }
  }
}

function testAccounts(accounts: TestServers['nats']['accounts']): NatsAccount[] {
  const users = Object.entries(meshUsers(TEST_NODES));
  return accounts.map(({ name, password }) => ({
    name,
    users: users.map(([user, permissions]) => ({ user: testNatsLogin(name, user), password, permissions })),
  }));
}

async function startTestPostgres(folder: string) {
  const postgres = await startPostgres({
    dataDir: join(folder, 'postgres'),
    password: secret(),
    durable: false,
  });
  try {
    const rolePasswords = Object.fromEntries(serviceNames.map((name) => [name, secret()])) as Record<
      ServiceName,
      string
    >;
    await ensureServiceRoles(postgres.url(), rolePasswords);
    await ensureDatabase(postgres.url(), TEMPLATE_DATABASE);
    await ensureServiceSchemas(postgres.url(TEMPLATE_DATABASE));
    return { postgres, rolePasswords };
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}

async function startTestNats(folder: string) {
  const accounts = Array.from({ length: TEST_ACCOUNTS_MAX }, (_, index) => ({
    name: `t${index}`,
    password: secret(),
  }));
  const nats = await startNats({ storeDir: join(folder, 'nats'), accounts: testAccounts(accounts) });
  return { nats, accounts };
}

/**
 * Starts one PostgreSQL (without fsync) and one NATS for a whole test run, on free ports with fresh data, and
 * names them to the workers through the environment. Both end with this process, however that ends.
 *
 * @returns A function that stops both and removes their data.
 */
export async function startTestServers(): Promise<() => Promise<void>> {
  sweepAbandonedRuns();
  const folder = mkdtempSync(join(tmpdir(), FOLDER_PREFIX));
  writeFileSync(join(folder, 'owner.json'), JSON.stringify(ownIdentity()));
  // When this runs as root, PostgreSQL runs as another user that must be able to pass through to its own folder.
  chmodSync(folder, 0o711);
  mkdirSync(join(folder, 'accounts'), { mode: 0o700 });
  const [started, startedNats] = await Promise.allSettled([startTestPostgres(folder), startTestNats(folder)]);
  const stop = async (): Promise<void> => {
    await Promise.all([
      started.status === 'fulfilled' ? started.value.postgres.stop() : undefined,
      startedNats.status === 'fulfilled' ? startedNats.value.nats.stop() : undefined,
    ]);
    rmSync(folder, { recursive: true, force: true });
  };
  if (started.status === 'rejected' || startedNats.status === 'rejected') {
    await stop();
    throw started.status === 'rejected' ? started.reason : (startedNats as PromiseRejectedResult).reason;
  }
  const { postgres, rolePasswords } = started.value;
  const { nats, accounts } = startedNats.value;
  const servers: TestServers = {
    folder,
    postgres: { port: postgres.port, superuserUrl: postgres.url(), rolePasswords },
    nats: { url: nats.url, version: nats.version, accounts },
  };
  const path = join(folder, 'servers.json');
  writeFileSync(path, JSON.stringify(servers), { mode: 0o600 });
  process.env[ADDRESS_VARIABLE] = path;
  return stop;
}

/** The servers of this run. */
export function testServers(): TestServers {
  const path = process.env[ADDRESS_VARIABLE];
  if (path === undefined || !existsSync(path)) {
    throw new Error(
      'This spec needs PostgreSQL or NATS: add its project to `needsServers` in jest.config.mjs.',
    );
  }
  return JSON.parse(readFileSync(path, 'utf8')) as TestServers;
}
