import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import { services } from '@touchstone/contracts';
import { findAnvil } from './evm/find-anvil.js';
import { readNatsUrl } from './nats/external-nats.js';
import { findNatsServer } from './nats/locate-nats-server.js';
import { findPostgresBinaries } from './postgres/binaries.js';
import { userName } from './postgres/initdb-command.js';
import { isPortFree } from './process/ports.js';
import { ownTemporaryFolder } from './process/temporary-folder.js';
import { processStartTime } from './process/identity.js';
import { serverPorts } from './stack/infrastructure.js';
import { findOpenssl, OPENSSL_REMEDY } from './tsa/find-openssl.js';
import { createFolder } from './state/create-folder.js';
import { lockHolder } from './state/lock.js';
import { readStack, type ServicePorts } from './state/stack-file.js';

/** One finding about this machine. `warning` means that the stack starts all the same. */
export interface DoctorCheck {
  readonly name: string;
  readonly status: 'ok' | 'warning' | 'failed';
  readonly detail: string;
}

const NODE_MIN: readonly [number, number] = [20, 19];
const DISK_MIN_BYTES = 2 * 1024 ** 3;

function checkNode(): DoctorCheck {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const enough = major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1]);
  return {
    name: 'node',
    status: enough ? 'ok' : 'failed',
    detail: enough
      ? process.versions.node
      : `${process.versions.node}; install ${NODE_MIN.join('.')} or newer`,
  };
}

function checkPlatform(): DoctorCheck {
  const platform = `${process.platform}-${process.arch}`;
  return {
    name: 'platform',
    status: platform === 'linux-x64' ? 'ok' : 'warning',
    detail: platform === 'linux-x64' ? platform : `${platform}; only linux-x64 is tested`,
  };
}

function checkUser(): DoctorCheck {
  const uid = process.getuid?.() ?? 0;
  const name = userName();
  if (name === undefined) {
    return {
      name: 'user',
      status: 'warning',
      detail: `uid ${uid} has no name on this machine; the first start needs user namespaces (unshare --user)`,
    };
  }
  const detail = uid === 0 ? `${name}; PostgreSQL runs as the user postgres instead` : name;
  return { name: 'user', status: 'ok', detail };
}

function checkTemporaryFolder(): DoctorCheck {
  try {
    return {
      name: 'temporary-folder',
      status: 'ok',
      detail: dirname(ownTemporaryFolder('touchstone')),
    };
  } catch (error) {
    return { name: 'temporary-folder', status: 'failed', detail: (error as Error).message };
  }
}

function checkStateFolder(stateDir: string): DoctorCheck {
  try {
    createFolder(stateDir);
    accessSync(stateDir, constants.W_OK);
    const { bavail, bsize } = statfsSync(stateDir);
    const free = `${((bavail * bsize) / 1024 ** 3).toFixed(1)} GiB free`;
    const enough = bavail * bsize >= DISK_MIN_BYTES;
    return {
      name: 'disk',
      status: enough ? 'ok' : 'warning',
      detail: enough ? free : `${free} in ${stateDir}; the stack wants 2 GiB`,
    };
  } catch (error) {
    return { name: 'disk', status: 'failed', detail: `${stateDir} cannot be written: ${String(error)}` };
  }
}

function checkProc(): DoctorCheck {
  const known = processStartTime(process.pid) !== undefined;
  return {
    name: 'process-table',
    status: known ? 'ok' : 'failed',
    detail: known
      ? `start times from ${process.platform === 'linux' ? '/proc' : 'ps'}`
      : 'start times of processes cannot be read; mount /proc',
  };
}

function checkPostgres(): DoctorCheck {
  try {
    const { folder, version } = findPostgresBinaries();
    return { name: 'postgres', status: 'ok', detail: `${version} in ${folder}` };
  } catch (error) {
    return {
      name: 'postgres',
      status: 'failed',
      detail: error instanceof Error ? error.message : String(error),
    };
  }
}

async function checkNats(environment: Readonly<Record<string, string | undefined>>): Promise<DoctorCheck> {
  const natsUrl = environment['NATS_URL'];
  if (natsUrl) {
    try {
      readNatsUrl(natsUrl);
    } catch (error) {
      return { name: 'nats-server', status: 'failed', detail: (error as Error).message };
    }
    return { name: 'nats-server', status: 'ok', detail: 'NATS_URL names a server, which is used as it is' };
  }
  const found = await findNatsServer(environment).catch((error: Error) => error);
  if (found instanceof Error) return { name: 'nats-server', status: 'failed', detail: found.message };
  if (found) return { name: 'nats-server', status: 'ok', detail: `${found.version} in ${found.path}` };
  return {
    name: 'nats-server',
    status: 'warning',
    detail: 'not found; the first start fetches it (apt-get download or go install), or install nats-server',
  };
}

function checkAnvil(environment: Readonly<Record<string, string | undefined>>): DoctorCheck {
  const path = findAnvil(environment);
  if (path !== undefined) return { name: 'anvil', status: 'ok', detail: path };
  return { name: 'anvil', status: 'failed', detail: 'not found; run npm ci, or install Foundry' };
}

function checkOpenssl(environment: Readonly<Record<string, string | undefined>>): DoctorCheck {
  const found = findOpenssl(environment);
  if (found) return { name: 'openssl', status: 'ok', detail: `${found.version} in ${found.path}` };
  const detail = `${OPENSSL_REMEDY} Without it the stack has no time-stamping authority.`;
  return { name: 'openssl', status: 'warning', detail };
}

/** The program that proves ten times faster than snarkjs, which is always there: nothing breaks without it. */
function checkNativeProver(environment: Readonly<Record<string, string | undefined>>): DoctorCheck {
  const { PATH = '', HOME = '', XDG_DATA_HOME } = environment;
  const data = XDG_DATA_HOME ?? join(HOME, '.local', 'share');
  const folders = [...PATH.split(delimiter), join(data, 'touchstone', 'bin')].filter(isAbsolute);
  const program = folders.map((folder) => join(folder, 'snarkrs')).find((path) => existsSync(path));
  const detail =
    program === undefined
      ? 'not there, so snarkjs proves, some ten times slower; where there is Rust, `touchstone zk prover install-native` builds it'
      : program;
  return { name: 'native-prover', status: 'ok', detail };
}

async function checkPorts(own: ReadonlySet<number>): Promise<DoctorCheck> {
  const wanted = [...Object.values(services).flatMap(portsOf), ...Object.values(serverPorts)];
  const foreign = wanted.filter((port) => !own.has(port));
  const taken: number[] = [];
  for (const port of foreign) if (!(await isPortFree(port))) taken.push(port);
  if (taken.length > 0)
    return {
      name: 'ports',
      status: 'warning',
      detail: `${taken.join(', ')} in use; the next free ones are taken`,
    };
  const held = wanted.length - foreign.length;
  const detail =
    held === 0
      ? `all ${wanted.length} default ports are free`
      : `the running stack has ${held} of the ${wanted.length} default ports, the others are free`;
  return { name: 'ports', status: 'ok', detail };
}

const portsOf = ({ http, grpc, health }: ServicePorts): number[] => [http, grpc, health];

/** The ports of the stack that runs on a folder; none when it does not, or does not say. */
function portsOfStack(stateDir: string): Set<number> {
  try {
    const stack = readStack(stateDir);
    if (stack === undefined) return new Set();
    const servers = [stack.nats.url, stack.chain.rpcUrl, stack.tsa?.url ?? []]
      .flat()
      .flatMap((urls) => urls.split(',').map((url) => Number(new URL(url).port)));
    return new Set([...Object.values(stack.services).flatMap(portsOf), stack.postgres.port, ...servers]);
  } catch {
    return new Set();
  }
}

/** Looks at this machine and reports what the embedded stack would find; changes nothing but the state folder. */
export async function doctor(
  options: {
    readonly stateDir?: string;
    readonly environment?: Readonly<Record<string, string | undefined>>;
  } = {},
): Promise<DoctorCheck[]> {
  const { environment = process.env } = options;
  const stateDir = resolve(options.stateDir ?? '.touchstone');
  const holder = existsSync(stateDir) ? lockHolder(stateDir) : undefined;
  return [
    checkNode(),
    checkPlatform(),
    checkUser(),
    checkTemporaryFolder(),
    checkProc(),
    checkStateFolder(stateDir),
    checkPostgres(),
    await checkNats(environment),
    checkAnvil(environment),
    checkOpenssl(environment),
    checkNativeProver(environment),
    await checkPorts(holder ? portsOfStack(stateDir) : new Set()),
    { name: 'stack', status: 'ok', detail: holder ? `runs as pid ${holder.pid}` : 'does not run' },
  ];
}
