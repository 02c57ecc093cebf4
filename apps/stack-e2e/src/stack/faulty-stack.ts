import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { serviceNames, type MeshUser, type ServiceName } from '@touchstone/contracts';
import {
  anchorTargets,
  callRpc,
  DATABASE_NAME,
  serviceDatabaseUrl,
  startStack,
  watchAndMine,
  type Progress,
  type RunningStack,
  type StackDescription,
} from '@touchstone/embedded';
import { connectMesh, type Mesh } from '@touchstone/nats';
import { eventually } from '../pause.js';
import { Database } from './database.js';
import { Servers, type ServerName } from './servers.js';
import { TcpGate } from './tcp-gate.js';

/**
 * Four blocks lie on a final one: a reorganisation of three blocks then changes nothing that the chain called final,
 * as on a public chain.
 */
const SLOTS_IN_AN_EPOCH = 2;
/** Shorter than in production, so that a payment whose holder was killed is free again while the suite still runs. */
const LEASE_SECONDS = 5;
const READY_TIMEOUT_MS = 90_000;
const HTTP_TIMEOUT_MS = 2_000;

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const clockPreload = fileURLToPath(new URL('../../bin/shifted-clock.mjs', import.meta.url));
const keyPreload = fileURLToPath(new URL('../../bin/changed-key.mjs', import.meta.url));
const silentLogger = { info: () => undefined, warn: () => undefined, error: () => undefined };

interface End {
  readonly part: string;
  readonly exit: string;
}

/** The embedded stack with everything that the suite needs to hurt it. */
export class FaultyStack {
  readonly database: Database;
  private readonly servers: Servers;
  private readonly mayEnd = new Set<string>();
  private stopFinalizing: () => void = () => undefined;

  private constructor(
    private readonly running: RunningStack,
    readonly stateDir: string,
    /** Between the services and the chain; the suite itself asks the chain directly. */
    readonly gate: TcpGate,
    /** Between the anchor-worker and the time-stamping authority. */
    private readonly authorityGate: TcpGate,
    /** Between everybody and PostgreSQL, so that a failover moves nothing but where it leads. */
    private readonly databaseGate: TcpGate,
    private readonly ends: readonly End[],
  ) {
    const url = new URL(running.superuserUrl);
    url.port = String(databaseGate.port);
    url.pathname = `/${DATABASE_NAME}`;
    this.database = new Database(url.href);
    this.servers = new Servers(running, root, stateDir);
    this.finalize();
  }

  /** @param confirmations blocks that must hold a payment before it counts */
  static async start(stateDir: string, progress: Progress, confirmations: number): Promise<FaultyStack> {
    const [gate, authorityGate, databaseGate] = [
      await TcpGate.start(),
      await TcpGate.start(),
      await TcpGate.start(),
    ];
    const ends: End[] = [];
    const running = await startStack({
      root,
      stateDir,
      services: serviceNames,
      restart: true,
      progress,
      durable: true,
      slotsInAnEpoch: SLOTS_IN_AN_EPOCH,
      finalizes: false,
      onExit: (part, exit) => void ends.push({ part, exit }),
      settings: ({ chain, tsa, postgres }, { rolePasswords }) => {
        gate.leadTo(portOf(chain.rpcUrl));
        if (tsa !== undefined) authorityGate.leadTo(portOf(tsa.url));
        const reached = {
          chain: { ...chain, rpcUrl: gate.url },
          tsa: tsa && { ...tsa, url: `${authorityGate.url}/` },
        };
        databaseGate.leadTo(postgres.port);
        return Object.fromEntries(
          serviceNames.map((name) => [
            name,
            {
              ...settingsOf(name, { stateDir, ...reached, confirmations }),
              DATABASE_URL: serviceDatabaseUrl(databaseGate.port, name, rolePasswords[name]),
            },
          ]),
        );
      },
    }).catch(async (error: unknown) => {
      await Promise.all([gate.stop(), authorityGate.stop(), databaseGate.stop()]);
      throw error;
    });
    return new FaultyStack(running, stateDir, gate, authorityGate, databaseGate, ends);
  }

  get description(): StackDescription {
    return this.running.description;
  }

  /** The gate before the time-stamping authority; `undefined` where the machine has no openssl and the chain alone anchors. */
  get authority(): TcpGate | undefined {
    return this.description.tsa && this.authorityGate;
  }

  /** The networks on which every checkpoint must get an anchor of its own or of a later one. */
  get anchorNetworks(): readonly string[] {
    const { chain, tsa } = this.description;
    return [`eip155:${chain.chainId}`, ...(tsa ? [tsa.network] : [])];
  }

  /** HTTP base URL of a service. */
  urlOf(service: ServiceName): string {
    return this.description.urls[service] as string;
  }

  healthUrlOf(service: ServiceName): string {
    return `http://127.0.0.1:${this.description.services[service]?.health}`;
  }

  /** `kill -9` of one service, which the launcher then starts again. Returns the pid that is gone. */
  kill(service: ServiceName): number {
    const pid = this.running.pids()[service];
    if (pid === undefined) throw new Error(`${service} does not run.`);
    process.kill(pid, 'SIGKILL');
    return pid;
  }

  pidOf(service: ServiceName): number | undefined {
    return this.running.pids()[service];
  }

  /** `kill -9` of PostgreSQL or NATS, `downMs` without it, and a new start on the same data. */
  async restartServer(server: ServerName, downMs: number): Promise<void> {
    this.mayEnd.add(server);
    await this.servers.kill(server);
    await new Promise((resolve) => setTimeout(resolve, downMs));
    await this.servers.start(server);
  }

  /**
   * Prepares a standby of PostgreSQL; no commit is told before the standby has it.
   *
   * @returns the failover itself: `kill -9` of the primary, and the standby in its place
   */
  async prepareFailover(): Promise<() => Promise<void>> {
    const promote = await this.servers.startStandby();
    return async () => {
      this.mayEnd.add('postgres');
      await this.servers.kill('postgres');
      this.databaseGate.leadTo(await promote());
      // Sessions of the dead primary live on for a moment; nobody may go on with one.
      await this.databaseGate.open();
    };
  }

  /** Moves the wall clock of one service; 0 puts it right again. It takes effect within a tenth of a second. */
  shiftClock(service: ServiceName, offsetMs: number): void {
    writeFileSync(clockFile(this.stateDir, service), String(offsetMs));
  }

  /** The settlement key that the signer takes at its next start, `undefined` for its own. */
  changeSettlementKey(hex: string | undefined): void {
    if (hex === undefined) rmSync(keyFile(this.stateDir), { force: true });
    else writeFileSync(keyFile(this.stateDir), hex, { mode: 0o600 });
  }

  /** Asks the chain, past the gate. */
  rpc<T>(method: string, parameters: readonly unknown[] = []): Promise<T> {
    return callRpc<T>(this.description.chain.rpcUrl, method, parameters);
  }

  /** Lets the chain make blocks final, as it does unless {@link holdFinality} was called. */
  finalize(): void {
    this.stopFinalizing();
    this.stopFinalizing = watchAndMine(this.description.chain.rpcUrl, SLOTS_IN_AN_EPOCH);
  }

  /** No block becomes final, and none is mined on top of one with transactions, until {@link finalize}. */
  holdFinality(): void {
    this.stopFinalizing();
  }

  /** Logs in to the mesh as one of its users. */
  connect(user: MeshUser): Promise<Mesh> {
    const { url } = this.description.nats;
    return connectMesh({ url, ...this.running.natsLogin(user), service: user, logger: silentLogger });
  }

  /** Resolves when every service says that it is ready. */
  async ready(): Promise<void> {
    for (const service of serviceNames) {
      await eventually(`${service} being ready`, READY_TIMEOUT_MS, async () => {
        const response = await fetch(`${this.healthUrlOf(service)}/readyz`, {
          signal: AbortSignal.timeout(HTTP_TIMEOUT_MS),
        });
        await response.body?.cancel();
        return response.status === 200 ? true : undefined;
      });
    }
  }

  /** Parts that ended although no fault ended them. */
  unexpectedEnds(): readonly string[] {
    return this.ends
      .filter(({ part }) => !this.mayEnd.has(part))
      .map(({ part, exit }) => `${part} ended (${exit})`);
  }

  async stop(): Promise<void> {
    this.stopFinalizing();
    await this.running.stop();
    await this.servers.stop();
    await Promise.all([this.gate, this.authorityGate, this.databaseGate].map((gate) => gate.stop()));
  }
}

const portOf = (url: string): number => Number(new URL(url).port);

function clockFile(stateDir: string, service: ServiceName): string {
  return join(stateDir, `clock-${service}`);
}

function keyFile(stateDir: string): string {
  return join(stateDir, 'settlement-key');
}

function settingsOf(
  service: ServiceName,
  given: {
    readonly stateDir: string;
    readonly chain: StackDescription['chain'];
    readonly tsa: StackDescription['tsa'];
    readonly confirmations: number;
  },
): Record<string, string> {
  const { stateDir, chain, tsa, confirmations } = given;
  const preload = (script: string): string => `--import=${pathToFileURL(script).href}`;
  const clock = { NODE_OPTIONS: preload(clockPreload), FAULT_CLOCK_FILE: clockFile(stateDir, service) };
  if (service === 'anchor-worker')
    return { ...clock, TOUCHSTONE_ANCHOR_TARGETS: anchorTargets({ chain, tsa }) };
  if (service === 'signer')
    return {
      ...clock,
      NODE_OPTIONS: `${preload(clockPreload)} ${preload(keyPreload)}`,
      FAULT_SETTLEMENT_KEY_FILE: keyFile(stateDir),
    };
  if (service !== 'payment-verifier') return clock;
  return {
    ...clock,
    TOUCHSTONE_EVM_RPC_URL: chain.rpcUrl,
    TOUCHSTONE_PAYMENT_LEASE_SECONDS: String(LEASE_SECONDS),
    TOUCHSTONE_PAYMENT_CONFIRMATIONS: String(confirmations),
  };
}
