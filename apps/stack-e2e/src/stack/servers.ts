import { join } from 'node:path';
import { meshUsers, type MeshUser } from '@touchstone/contracts';
import {
  freePort,
  isRunning,
  readIdentity,
  stackLayout,
  startNats,
  startPostgres,
  type RunningStack,
} from '@touchstone/embedded';
import { commitOnBoth, startPostgresStandby } from '@touchstone/testing';
import { eventually } from '../pause.js';
import { Database } from './database.js';

/** A server under the services that the suite kills and starts again. */
export type ServerName = 'postgres' | 'nats';

const GONE_TIMEOUT_MS = 10_000;
const START_TIMEOUT_MS = 60_000;

const PROMOTE_TIMEOUT_SECONDS = 30;

interface Stoppable {
  readonly port: number;
  stop(): Promise<void>;
}

/** Where PostgreSQL is; a failover moves it. */
interface PostgresPlace {
  readonly port: number;
  /** As the start takes it, and as it is after that. */
  readonly dataDir: string;
  readonly dataFolder: string;
  readonly pidFile: string;
}

/** Kills PostgreSQL or NATS and starts it again on the same data and the same port, or has a standby take its place. */
export class Servers {
  private readonly restarted: Stoppable[] = [];
  private postgres: PostgresPlace;
  private standbys = 0;

  constructor(
    private readonly running: RunningStack,
    private readonly root: string,
    private readonly stateDir: string,
  ) {
    const { postgres: dataDir, pidFile } = stackLayout(stateDir);
    this.postgres = { ...running.description.postgres, dataDir, pidFile: pidFile('postgres') };
  }

  /** `kill -9`. Returns when the process is gone. */
  async kill(server: ServerName): Promise<number> {
    const identity = readIdentity(
      server === 'postgres' ? this.postgres.pidFile : stackLayout(this.stateDir).pidFile(server),
    );
    if (identity === undefined) throw new Error(`${server} has no pid file; it does not run.`);
    process.kill(identity.pid, 'SIGKILL');
    await eventually(`the end of ${server}`, GONE_TIMEOUT_MS, async () =>
      isRunning(identity) ? undefined : true,
    );
    return identity.pid;
  }

  async start(server: ServerName): Promise<void> {
    const expected =
      server === 'postgres' ? this.postgres.port : Number(new URL(this.running.description.nats.url).port);
    // The backends of a killed postmaster need a moment to see that it is gone; until then a start is refused.
    const started = await eventually(
      `a new ${server}`,
      START_TIMEOUT_MS,
      () => (server === 'postgres' ? this.startPostgres(expected) : this.startNats(expected)),
      200,
    );
    this.restarted.push(started);
    if (started.port !== expected)
      throw new Error(`${server} came back on port ${started.port} instead of ${expected}.`);
  }

  /** Stops what was started again; the stack stops what it started itself. */
  async stop(): Promise<void> {
    for (const server of [...this.restarted].reverse()) await server.stop();
  }

  /**
   * Starts a standby that has every commit before its caller hears of it. The server is copied while it runs.
   *
   * @returns what makes it the primary, once the old one is gone; resolves with its port
   */
  async startStandby(): Promise<() => Promise<number>> {
    this.standbys += 1;
    const dataDir = join(this.stateDir, `postgres-standby-${this.standbys}`);
    const place = { port: await freePort(), dataDir, pidFile: `${dataDir}.pid.json` };
    const { postgresPassword: password } = this.running.secrets;
    const old = { ...this.postgres, password, url: this.superuserUrl(this.postgres.port) };
    const standby = await startPostgresStandby(old, place);
    this.restarted.push(standby);
    await commitOnBoth(old.url);
    return async () => {
      const database = new Database(this.superuserUrl(standby.port));
      await database.rows(`SELECT pg_promote(true, ${PROMOTE_TIMEOUT_SECONDS})`);
      const [row] = await database.rows<{ follows: boolean }>('SELECT pg_is_in_recovery() AS follows');
      if (row?.follows !== false) throw new Error('The standby did not become the primary.');
      this.postgres = { ...place, dataFolder: standby.dataFolder };
      return standby.port;
    };
  }

  private superuserUrl(port: number): string {
    const url = new URL(this.running.superuserUrl);
    url.port = String(port);
    return url.href;
  }

  private startPostgres(port: number): Promise<Stoppable> {
    const layout = stackLayout(this.stateDir);
    return startPostgres({
      dataDir: this.postgres.dataDir,
      password: this.running.secrets.postgresPassword,
      port,
      durable: true,
      logFile: layout.logFile('postgres'),
      pidFile: this.postgres.pidFile,
      checkout: this.root,
      announce: () => undefined,
    });
  }

  private startNats(port: number): Promise<Stoppable> {
    const layout = stackLayout(this.stateDir);
    const users = Object.entries(meshUsers(this.running.secrets.nodes)).map(([user, permissions]) => ({
      ...this.running.natsLogin(user as MeshUser),
      permissions,
    }));
    return startNats({
      storeDir: layout.nats,
      accounts: [{ name: 'MESH', users }],
      port,
      logFile: layout.logFile('nats'),
      pidFile: layout.pidFile('nats'),
      announce: () => undefined,
    });
  }
}
