import type { MeshUser } from '@touchstone/contracts';
import { deployDevelopmentChain } from '../evm/deploy-development-chain.js';
import { DEVELOPMENT_CHAIN_ID } from '../evm/development-chain.js';
import { startAnvil, type RunningAnvil } from '../evm/start-anvil.js';
import { EXTERNAL_NATS, readNatsUrl, type NatsLogin } from '../nats/external-nats.js';
import { provisionStreams } from '../nats/provision-streams.js';
import { startNats } from '../nats/start-nats.js';
import {
  DATABASE_NAME,
  ensureDatabase,
  ensureServiceRoles,
  ensureServiceSchemas,
} from '../postgres/databases.js';
import { startPostgres, type RunningPostgres } from '../postgres/start-postgres.js';
import type { PortClaims } from '../process/port-claims.js';
import type { Progress } from '../progress.js';
import type { ChainDescription } from '../state/stack-file.js';
import { findOpenssl, OPENSSL_REMEDY } from '../tsa/find-openssl.js';
import { startTsa, type RunningTsa } from '../tsa/start-tsa.js';
import type { StackLayout } from './layout.js';
import { natsUsers, type StackSecrets } from './stack-secrets.js';

/** Default ports of the servers; beside the usual ones where something else is likely to listen already. */
export const serverPorts = { postgres: 54_320, nats: 4_222, anvil: 8_545, tsa: 3_161 } as const;

/** The mesh as services reach it. */
export interface NatsEndpoint {
  readonly url: string;
  readonly version: string;
  /** The login of one user of the mesh. */
  login(user: MeshUser): NatsLogin;
  /** Undefined for a server that somebody else runs. */
  readonly exited: Promise<number> | undefined;
  stop(): Promise<void>;
}

/** What the parts are started with. */
export interface InfrastructureOptions {
  readonly root: string;
  readonly layout: StackLayout;
  readonly secrets: StackSecrets;
  /** Servers listen seconds after their ports are chosen; without claims a stack may take another one's server for its own. */
  readonly claims: PortClaims;
  readonly progress: Progress;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly durable: boolean;
  readonly slotsInAnEpoch?: number | undefined;
  readonly finalizes?: boolean | undefined;
  readonly chainCors?: boolean | undefined;
}

/** Starts PostgreSQL and prepares database, roles and schemas. */
export async function startDatabases(options: InfrastructureOptions): Promise<RunningPostgres> {
  const { root, layout, secrets, progress, durable, claims } = options;
  return await progress.step(
    'postgres',
    async () => {
      const postgres = await startPostgres({
        dataDir: layout.postgres,
        password: secrets.postgresPassword,
        port: serverPorts.postgres,
        acceptPort: (port) => claims.claim(port),
        durable,
        logFile: layout.logFile('postgres'),
        pidFile: layout.pidFile('postgres'),
        checkout: root,
        announce: (line) => progress.note(line),
      });
      try {
        await ensureServiceRoles(postgres.url(), secrets.rolePasswords);
        await ensureDatabase(postgres.url(), DATABASE_NAME);
        await ensureServiceSchemas(postgres.url(DATABASE_NAME));
        return postgres;
      } catch (error) {
        await postgres.stop();
        throw error;
      }
    },
    ({ port }) => `127.0.0.1:${port}`,
  );
}

/** A server that `NATS_URL` names is used as it is. */
function externalNats(natsUrl: string, secrets: StackSecrets): NatsEndpoint {
  const { url, login } = readNatsUrl(natsUrl);
  return {
    url,
    version: EXTERNAL_NATS,
    login: (user) => login ?? { user, password: secrets.natsPasswords[user] ?? '' },
    exited: undefined,
    stop: async () => undefined,
  };
}

async function embeddedNats(options: InfrastructureOptions): Promise<NatsEndpoint> {
  const { layout, secrets, progress, environment, claims } = options;
  const server = await startNats({
    storeDir: layout.nats,
    accounts: [{ name: 'MESH', users: natsUsers(secrets) }],
    port: serverPorts.nats,
    acceptPort: (port) => claims.claim(port),
    logFile: layout.logFile('nats'),
    pidFile: layout.pidFile('nats'),
    announce: (line) => progress.note(line),
    environment,
  });
  return {
    ...server,
    login: (user) => ({ user, password: secrets.natsPasswords[user] as string }),
  };
}

/** Starts NATS, or takes the one that `NATS_URL` names, and creates streams and durables. */
export async function startMesh(options: InfrastructureOptions): Promise<NatsEndpoint> {
  const { progress, secrets, environment } = options;
  return await progress.step(
    'nats',
    async () => {
      const natsUrl = environment['NATS_URL'];
      const nats = natsUrl ? externalNats(natsUrl, secrets) : await embeddedNats(options);
      try {
        await provisionStreams(nats.url, nats.login('provisioner'));
        return nats;
      } catch (error) {
        await nats.stop();
        throw error;
      }
    },
    ({ url, version }) => `${url.replace('nats://', '')} (${version})`,
  );
}

/** A development chain with its contracts. */
export interface RunningChain {
  readonly anvil: RunningAnvil;
  readonly description: ChainDescription;
}

/** Starts anvil and prepares contracts and purses. */
export async function startChain(options: InfrastructureOptions): Promise<RunningChain> {
  const { layout, secrets, progress, claims, slotsInAnEpoch, finalizes, chainCors: cors } = options;
  return await progress.step(
    'anvil',
    async () => {
      const anvil = await startAnvil({
        stateFile: layout.chainState,
        chainId: DEVELOPMENT_CHAIN_ID,
        port: serverPorts.anvil,
        acceptPort: (port) => claims.claim(port),
        logFile: layout.logFile('anvil'),
        pidFile: layout.pidFile('anvil'),
        announce: (line) => progress.note(line),
        ...(slotsInAnEpoch === undefined ? {} : { slotsInAnEpoch }),
        ...(finalizes === undefined ? {} : { finalizes }),
        ...(cors === undefined ? {} : { cors }),
      });
      try {
        const contracts = await deployDevelopmentChain(anvil.rpcUrl, secrets.addresses);
        const { rpcUrl } = anvil;
        const chainId = DEVELOPMENT_CHAIN_ID;
        return { anvil, description: { chainId, rpcUrl, ...contracts, ...secrets.addresses } };
      } catch (error) {
        await anvil.stop();
        throw error;
      }
    },
    ({ anvil }) => `127.0.0.1:${anvil.port}`,
  );
}

/** Starts the time-stamping authority; says what is missing, and goes on without, where there is no openssl. */
export async function startAuthority(options: InfrastructureOptions): Promise<RunningTsa | undefined> {
  const { layout, progress, claims, environment } = options;
  const openssl = findOpenssl(environment);
  if (openssl === undefined) {
    progress.note(`There is no time-stamping authority: ${OPENSSL_REMEDY}`);
    return undefined;
  }
  return await progress.step(
    'tsa',
    () =>
      startTsa({
        folder: layout.tsa,
        openssl: openssl.path,
        port: serverPorts.tsa,
        acceptPort: (port) => claims.claim(port),
        announce: (line) => progress.note(line),
      }),
    ({ port }) => `127.0.0.1:${port}`,
  );
}
