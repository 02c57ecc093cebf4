import { meshUsers } from '@touchstone/contracts';
import {
  isRunning,
  readIdentity,
  stackLayout,
  startNats,
  startPostgres,
  type RunningStack,
} from '@touchstone/embedded';
import { eventually } from '../pause.js';

/** A server under the services that the suite kills and starts again. */
export type ServerName = 'postgres' | 'nats';

const GONE_TIMEOUT_MS = 10_000;
const START_TIMEOUT_MS = 60_000;

interface Stoppable {
  readonly port: number;
  stop(): Promise<void>;
}

/** Kills PostgreSQL or NATS and starts it again on the same data and the same port. */
export class Servers {
  private readonly restarted: Stoppable[] = [];

  constructor(
    private readonly running: RunningStack,
    private readonly root: string,
    private readonly stateDir: string,
  ) {}

  /** `kill -9`. Returns when the process is gone. */
  async kill(server: ServerName): Promise<number> {
    const identity = readIdentity(stackLayout(this.stateDir).pidFile(server));
    if (identity === undefined) throw new Error(`${server} has no pid file; it does not run.`);
    process.kill(identity.pid, 'SIGKILL');
    await eventually(`the end of ${server}`, GONE_TIMEOUT_MS, async () =>
      isRunning(identity) ? undefined : true,
    );
    return identity.pid;
  }

  async start(server: ServerName): Promise<void> {
    const expected =
      server === 'postgres'
        ? this.running.description.postgres.port
        : Number(new URL(this.running.description.nats.url).port);
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

  private startPostgres(port: number): Promise<Stoppable> {
    const layout = stackLayout(this.stateDir);
    return startPostgres({
      dataDir: layout.postgres,
      password: this.running.secrets.postgresPassword,
      port,
      durable: true,
      logFile: layout.logFile('postgres'),
      pidFile: layout.pidFile('postgres'),
      checkout: this.root,
      announce: () => undefined,
    });
  }

  private startNats(port: number): Promise<Stoppable> {
    const layout = stackLayout(this.stateDir);
    const users = Object.entries(meshUsers()).map(([user, permissions]) => ({
      ...this.running.natsLogin(user),
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
