import { execFile, execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { waitUntil } from '@touchstone/testing';

const KUBO = '0.43.1';
/** It takes two minutes on a quiet machine, and twenty on one that is busy with other things. */
export const KUBO_BUILD_TIMEOUT_MS = 1_800_000;

/** `go install` refuses a module with replacements of its own, so this one has them. */
const MODULE = `module example.invalid/program

go 1.24

require github.com/ipfs/kubo v${KUBO}

replace (
	github.com/quic-go/quic-go => github.com/quic-go/quic-go v0.60.0
	github.com/quic-go/webtransport-go => github.com/quic-go/webtransport-go v0.11.1
)
`;
const MAIN = `package main

import (
	"os"

	"github.com/ipfs/kubo/cmd/ipfs/kubo"
)

func main() { os.Exit(kubo.Start(kubo.BuildDefaultEnv)) }
`;

const run = promisify(execFile);

/** Go where it is usually installed, when it is not on the PATH. */
export function goCommand(): string | undefined {
  return ['go', '/usr/local/go/bin/go'].find((go) => spawnSync(go, ['version']).status === 0);
}

/** The program of the node, built from its Go module and kept in the cache folder of the user; half a build is none. */
export async function buildKubo(go: string): Promise<string> {
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const folder = join(cache, 'touchstone', `kubo-${KUBO}`);
  const program = join(folder, 'ipfs');
  if (existsSync(program)) return program;
  const work = mkdtempSync(join(tmpdir(), 'touchstone-kubo-'));
  try {
    writeFileSync(join(work, 'go.mod'), MODULE);
    writeFileSync(join(work, 'main.go'), MAIN);
    const options = {
      cwd: work,
      env: { ...process.env, GOFLAGS: '-mod=mod' },
      timeout: KUBO_BUILD_TIMEOUT_MS,
    };
    await run(go, ['mod', 'tidy'], options);
    await run(go, ['build', '-ldflags', '-s -w', '-o', 'ipfs', '.'], options);
    mkdirSync(folder, { recursive: true });
    copyFileSync(join(work, 'ipfs'), `${program}.new`);
    renameSync(`${program}.new`, program);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return program;
}

/** An IPFS node on this machine that knows no other, and whose RPC asks for a login. */
export class Kubo {
  readonly authorization = 'Bearer of-the-test';
  private daemon: ChildProcess | undefined;

  private constructor(
    private readonly program: string,
    private readonly folder: string,
    private readonly ports: { readonly api: number; readonly gateway: number; readonly swarm: number },
  ) {}

  static async start(program: string): Promise<Kubo> {
    const [api = 0, gateway = 0, swarm = 0] = await freePorts(3);
    const node = new Kubo(program, mkdtempSync(join(tmpdir(), 'touchstone-ipfs-')), { api, gateway, swarm });
    node.set('init', '--profile=test');
    const address = (port: number) => `/ip4/127.0.0.1/tcp/${port}`;
    node.set('config', 'Addresses.API', address(api));
    node.set('config', 'Addresses.Gateway', address(gateway));
    node.set('config', '--json', 'Addresses.Swarm', JSON.stringify([address(swarm)]));
    const login = { test: { AuthSecret: 'bearer:of-the-test', AllowedPaths: ['/api/v0'] } };
    node.set('config', '--json', 'API.Authorizations', JSON.stringify(login));
    await node.up();
    return node;
  }

  get url(): string {
    return `http://127.0.0.1:${this.ports.api}`;
  }

  /** Starts the node, again when it was stopped; it keeps what it had. */
  async up(): Promise<void> {
    const daemon = spawn(this.program, ['daemon', '--offline'], { env: this.environment, stdio: 'ignore' });
    this.daemon = daemon;
    await waitUntil(
      async () => {
        if (daemon.exitCode !== null) throw new Error(`The IPFS node ended with ${daemon.exitCode}.`);
        return (await this.call('id').catch(() => undefined))?.ok ?? false;
      },
      30_000,
      'the IPFS node',
    );
  }

  async down(): Promise<void> {
    const { daemon } = this;
    this.daemon = undefined;
    if (daemon === undefined || daemon.exitCode !== null) return;
    daemon.kill('SIGTERM');
    await once(daemon, 'exit');
  }

  async close(): Promise<void> {
    await this.down();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A call of the RPC. */
  call(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { authorization: this.authorization };
    return fetch(`${this.url}/api/v0/${path}`, { method: 'POST', headers, ...init });
  }

  /** What `ipfs add` says of bytes when nothing but the kind of identifier is asked for; it stores nothing. */
  async cidOf(bytes: Uint8Array): Promise<string> {
    const body = new FormData();
    body.set('file', new Blob([Buffer.from(bytes)]));
    const response = await this.call('add?cid-version=1&raw-leaves=true&only-hash=true', { body });
    return ((await response.json()) as { Hash: string }).Hash;
  }

  private set(...words: readonly string[]): void {
    execFileSync(this.program, words, { env: this.environment, stdio: 'pipe' });
  }

  private get environment(): NodeJS.ProcessEnv {
    return { ...process.env, IPFS_PATH: this.folder, IPFS_TELEMETRY: 'off' };
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
