import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import { AppError, inboxPrefix } from '@touchstone/contracts';
import { startGuardedProcess, type GuardedProcess } from '../process/guarded-process.js';
import { freePort } from '../process/ports.js';
import { natsConfiguration, type NatsAccount, type NatsUser } from './configuration.js';
import { locateNatsServer } from './locate-nats-server.js';

const READY_TIMEOUT_MS = 20_000;
const STOP_GRACE_MS = 10_000;
const START_ATTEMPTS_MAX = 3;

/** Options of {@link startNats}. */
export interface NatsOptions {
  /** Holds the configuration and JetStream's files; 0700, because the configuration has the passwords. */
  readonly storeDir: string;
  readonly accounts: readonly NatsAccount[];
  /** Bytes that JetStream may reserve; all that the disk has when left out. */
  readonly fileStoreBytesMax?: number;
  /** Largest message in bytes; 1 MiB when left out. */
  readonly payloadBytesMax?: number;
  /** 0 or absent takes any free port. */
  readonly port?: number;
  /** Asked about each port that is free, so that it may be claimed; see `freePort`. */
  readonly acceptPort?: (port: number) => Promise<boolean>;
  readonly logFile?: string;
  readonly pidFile?: string;
  readonly announce?: (line: string) => void;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** A running NATS server. */
export interface RunningNats {
  readonly port: number;
  /** Without credentials. */
  readonly url: string;
  readonly version: string;
  readonly exited: Promise<number>;
  stop(): Promise<void>;
}

async function probe(url: string, user: NatsUser): Promise<string> {
  const connection = await connect({
    servers: url,
    user: user.user,
    pass: user.password,
    reconnect: false,
    timeout: 2_000,
    inboxPrefix: inboxPrefix('probe'),
  });
  const version = connection.info?.version ?? 'unknown';
  await connection.close();
  return version;
}

async function waitUntilReady(url: string, user: NatsUser, server: GuardedProcess): Promise<string> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  for (;;) {
    try {
      return await probe(url, user);
    } catch (error) {
      if (server.hasExited() || Date.now() > deadline) {
        throw new AppError(
          'dependency-unavailable',
          `nats-server did not start; the end of its log:\n${server.logTail()}`,
          { cause: error },
        );
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function startOnce(options: NatsOptions, binary: string, port: number): Promise<RunningNats> {
  const { storeDir, accounts } = options;
  const firstUser = accounts[0]?.users[0];
  if (firstUser === undefined)
    throw new AppError('config-invalid', 'The NATS server needs at least one user.');
  const configFile = join(storeDir, 'nats-server.conf');
  rmSync(configFile, { force: true });
  const { fileStoreBytesMax, payloadBytesMax } = options;
  const storeFolder = join(storeDir, 'jetstream');
  writeFileSync(
    configFile,
    natsConfiguration({ port, storeFolder, accounts, fileStoreBytesMax, payloadBytesMax }),
    { mode: 0o600, flag: 'wx' },
  );
  const server = await startGuardedProcess({
    command: binary,
    args: ['--config', configFile],
    logFile: options.logFile ?? join(storeDir, 'nats-server.log'),
    pidFile: options.pidFile ?? join(storeDir, 'nats-server.pid.json'),
    signals: ['SIGTERM'],
    graceMs: STOP_GRACE_MS,
  });
  const url = `nats://127.0.0.1:${port}`;
  try {
    const version = await waitUntilReady(url, firstUser, server);
    return { port, url, version, exited: server.exited, stop: () => server.stop() };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/**
 * Starts nats-server with JetStream on 127.0.0.1. Every user has a password and its exact subject lists.
 *
 * @throws AppError `dependency-unavailable` when there is no nats-server or it does not start.
 */
export async function startNats(options: NatsOptions): Promise<RunningNats> {
  const announce = options.announce ?? ((line: string) => void process.stderr.write(`${line}\n`));
  const binary = await locateNatsServer(announce, options.environment ?? process.env);
  mkdirSync(options.storeDir, { recursive: true, mode: 0o700 });
  for (let attempt = 1; ; attempt++) {
    const port = await freePort(options.port, options.acceptPort);
    try {
      return await startOnce(options, binary.path, port);
    } catch (error) {
      // Somebody may have taken the port since it was found free; another one is as good.
      const portTaken = error instanceof AppError && error.message.includes('address already in use');
      if (!portTaken || attempt === START_ATTEMPTS_MAX) throw error;
    }
  }
}
