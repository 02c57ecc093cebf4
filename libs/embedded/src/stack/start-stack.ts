import { resolve } from 'node:path';
import { serviceNames, type MeshUser, type ServiceName } from '@touchstone/contracts';
import { developmentNetwork } from '../evm/development-chain.js';
import { PortClaims } from '../process/port-claims.js';
import { silentProgress, type Progress } from '../progress.js';
import { STACK_NODE } from '../services/service-environment.js';
import type { ServiceCommand, ServicePlan } from '../services/service-process.js';
import { Supervisor } from '../services/supervisor.js';
import { noteChain, requireSameChain } from '../state/claim-chain.js';
import { acquireLock } from '../state/lock.js';
import { ensureLogOrigin } from '../state/log-origin.js';
import { SecretStore } from '../state/secrets.js';
import {
  removeStackFile,
  writeStackFile,
  type ServicePorts,
  type StackDescription,
} from '../state/stack-file.js';
import {
  startAuthority,
  startChain,
  startDatabases,
  startMesh,
  type InfrastructureOptions,
} from './infrastructure.js';
import { assignPorts } from './assign-ports.js';
import { claimState } from './claim-state.js';
import { stackLayout } from './layout.js';
import { servicePlans, type Parts } from './service-plans.js';
import { stackSecrets, type StackSecrets } from './stack-secrets.js';

/** Options of {@link startStack}. */
export interface StackOptions {
  /** The checkout, whose apps/<service>/bundle/main.js are run. */
  readonly root: string;
  /** Usually `.touchstone`. */
  readonly stateDir: string;
  readonly services: readonly ServiceName[];
  /** The nodes of gateways that have a NATS user each; the services run on the first. {@link STACK_NODE} when left out. */
  readonly nodes?: readonly [string, ...string[]];
  /** True restarts a crashed service with backoff (`up`); false reports it to `onExit` (`demo`). */
  readonly restart: boolean;
  readonly progress?: Progress;
  /** Called when a service (with `restart: false`) or a server ends although nobody stopped it. */
  readonly onExit?: (part: string, exit: string) => void;
  /** The launcher's environment, for `NATS_URL` and `PATH`; services see `OTEL_…` of it and nothing else. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** False only for tests: PostgreSQL then does not sync to disk. */
  readonly durable?: boolean;
  /** Of the development chain; see `startAnvil`. */
  readonly slotsInAnEpoch?: number;
  readonly finalizes?: boolean;
  /** True lets web pages ask the development chain, for a test in a browser. */
  readonly chainCors?: boolean;
  /** What runs a service instead of Node with its bundle, such as an image of it. */
  readonly commandOf?: (service: ServiceName) => ServiceCommand;
  /** Win over the launcher's own; a function is asked once, when servers and ports are known. */
  readonly settings?:
    ServiceSettings | ((description: StackDescription, secrets: StackSecrets) => ServiceSettings);
}

/** Settings of services by service and name of the variable. */
export type ServiceSettings = Readonly<Partial<Record<ServiceName, Readonly<Record<string, string>>>>>;

/** A running stack. */
export interface RunningStack {
  readonly description: StackDescription;
  readonly secrets: StackSecrets;
  /** The login of a user of the mesh. */
  natsLogin(user: MeshUser): { readonly user: string; readonly password: string };
  /** A superuser's URL, for tests and repairs. */
  readonly superuserUrl: string;
  /** Pids of the services, by name. */
  pids(): Readonly<Record<string, number | undefined>>;
  /** Stops everything in reverse order; calling it again waits for the same end. */
  stop(): Promise<void>;
}

type Cleanup = () => Promise<void>;

/** Starts the servers side by side; when one fails, those that run are stopped by the caller's cleanups. */
async function startParts(options: InfrastructureOptions, cleanups: Cleanup[]): Promise<Parts> {
  const track = async <T>(start: Promise<T>, stop: (part: T) => Promise<void>): Promise<T> => {
    const part = await start;
    cleanups.push(() => stop(part));
    return part;
  };
  const [postgres, nats, chain, tsa] = await Promise.allSettled([
    track(startDatabases(options), (part) => part.stop()),
    track(startMesh(options), (part) => part.stop()),
    track(startChain(options), (part) => part.anvil.stop()),
    track(startAuthority(options), async (part) => part?.stop()),
  ]);
  if (postgres.status === 'rejected') throw postgres.reason;
  if (nats.status === 'rejected') throw nats.reason;
  if (chain.status === 'rejected') throw chain.reason;
  if (tsa.status === 'rejected') throw tsa.reason;
  return { postgres: postgres.value, nats: nats.value, chain: chain.value, tsa: tsa.value };
}

function describe(
  options: StackOptions,
  parts: Parts,
  ports: Map<ServiceName, ServicePorts>,
): StackDescription {
  const layout = stackLayout(options.stateDir);
  return {
    version: 1,
    pid: process.pid,
    startedAt: new Date().toISOString(),
    urls: Object.fromEntries([...ports].map(([name, { http }]) => [name, `http://127.0.0.1:${http}`])),
    services: Object.fromEntries(ports),
    postgres: { port: parts.postgres.port, dataFolder: parts.postgres.dataFolder },
    nats: { url: parts.nats.url, version: parts.nats.version },
    chain: parts.chain.description,
    ...(parts.tsa ? { tsa: parts.tsa.description } : {}),
    logOrigin: ensureLogOrigin(layout.logOrigin),
    logs: layout.logs,
  };
}

/** What answers callers ends first, so that what it asks for them is still there; the signer is asked to the end. */
const ASKERS: readonly ServiceName[] = ['inference-gateway'];
const ASKED: readonly ServiceName[] = ['signer'];

/** Starts the signer, which the others ask, and then the others; each migrates its own schema. */
async function startServices(
  plans: readonly ServicePlan[],
  supervisor: Supervisor,
  progress: Progress,
): Promise<void> {
  if (plans.length === 0) return;
  const start = (plan: ServicePlan): Promise<void> =>
    progress.step(
      plan.name,
      () => supervisor.start(plan),
      () => `health 127.0.0.1:${plan.healthPort}`,
    );
  const isSigner = (plan: ServicePlan): boolean => plan.name === 'signer';
  await Promise.all(plans.filter(isSigner).map(start));
  const results = await Promise.allSettled(plans.filter((plan) => !isSigner(plan)).map(start));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

function watchServers(
  parts: Parts,
  isStopping: () => boolean,
  onExit: (part: string, exit: string) => void,
): void {
  const servers = {
    postgres: parts.postgres.exited,
    nats: parts.nats.exited,
    anvil: parts.chain.anvil.exited,
  };
  for (const [name, exited] of Object.entries(servers)) {
    void exited?.then((code) => {
      if (!isStopping()) onExit(name, `code ${code}`);
    });
  }
}

/**
 * Starts the embedded stack: PostgreSQL, NATS, anvil and a time-stamping authority side by side, then the services, each of which migrates its
 * schema. The state folder is locked meanwhile, and `stack.json` in it says where everything is.
 *
 * @throws AppError `conflict` when a stack runs already or the folder holds something else or is of another chain; `dependency-unavailable`
 * with the end of a part's log when that part does not start, after everything that had started is stopped again.
 */
export async function startStack(given: StackOptions): Promise<RunningStack> {
  const options = { ...given, root: resolve(given.root), stateDir: resolve(given.stateDir) };
  const { progress = silentProgress, environment = process.env, durable = true } = options;
  const release = takeFolder(options.stateDir);
  const cleanups: Cleanup[] = [];
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= runCleanups(cleanups, release, options.stateDir));
  const onExit = options.onExit ?? ((part, exit) => progress.note(`${part} ended (${exit}).`));
  try {
    removeStackFile(options.stateDir);
    const layout = stackLayout(options.stateDir);
    const secrets = stackSecrets(new SecretStore(layout.secrets), options.nodes ?? [STACK_NODE]);
    noteChain(layout.chainNote, developmentNetwork);
    const claims = new PortClaims();
    cleanups.push(async () => claims.release());
    const infrastructure = { ...options, layout, secrets, claims, progress, environment, durable };
    const parts = await startParts(infrastructure, cleanups);
    watchServers(parts, () => stopped !== undefined, onExit);
    const wanted = serviceNames.filter((name) => options.services.includes(name));
    const description = describe(options, parts, await assignPorts(wanted, claims));
    const supervisor = new Supervisor({
      restart: options.restart,
      announce: (line) => progress.note(line),
      onExit,
    });
    cleanups.push(() => supervisor.stop(ASKERS, ASKED));
    await startServices(servicePlans(options, parts, secrets, description), supervisor, progress);
    writeStackFile(options.stateDir, description);
    return {
      description,
      secrets,
      natsLogin: (user) => parts.nats.login(user),
      superuserUrl: parts.postgres.url(),
      pids: () => supervisor.pids(),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Locks the folder and makes sure that it is a stack's, on this chain; what is in another one is left as it is. */
function takeFolder(stateDir: string): () => void {
  const release = acquireLock(stateDir);
  try {
    claimState(stateDir);
    requireSameChain(stateDir, stackLayout(stateDir).chainNote, developmentNetwork);
    return release;
  } catch (error) {
    release();
    throw error;
  }
}

async function runCleanups(
  cleanups: readonly Cleanup[],
  release: () => void,
  stateDir: string,
): Promise<void> {
  removeStackFile(stateDir);
  // In reverse order, and each one whatever the others do: a part that cannot stop must not keep the rest running.
  for (const cleanup of [...cleanups].reverse()) await cleanup().catch(() => undefined);
  release();
}
