// A Kubernetes API server on loopback with its store, and nothing behind it: it admits or refuses objects as any cluster does, and
// runs none of them.
import { spawn } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '../images/engine.mjs';

const READY_TIMEOUT_MS = 90_000;
const STOP_TIMEOUT_MS = 10_000;
const POLL_MS = 250;

const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

function start(binary, args) {
  const child = spawn(binary, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let tail = '';
  child.stderr.on('data', (chunk) => (tail = `${tail}${chunk}`.slice(-4_000)));
  const exited = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
  return {
    exited,
    tail: () => tail,
    stop: async () => {
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await exited;
      clearTimeout(late);
    },
  };
}

/** @returns `kubectl(args, input)` against the server, and `stop()` */
export async function startApiServer({ etcd, apiServer, kubectl }) {
  const folder = mkdtempSync(join(tmpdir(), 'touchstone-kubernetes-'));
  const [client, peer, secure] = await Promise.all([freePort(), freePort(), freePort()]);
  const token = randomBytes(24).toString('hex');
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  writeFileSync(join(folder, 'account.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }), {
    mode: 0o600,
  });
  writeFileSync(join(folder, 'tokens.csv'), `${token},admin,admin,system:masters\n`, { mode: 0o600 });
  const url = (port) => `http://127.0.0.1:${port}`;
  const store = start(etcd, [
    ...[
      '--data-dir',
      join(folder, 'etcd'),
      '--listen-client-urls',
      url(client),
      '--advertise-client-urls',
      url(client),
    ],
    ...['--listen-peer-urls', url(peer), '--initial-advertise-peer-urls', url(peer)],
    ...['--initial-cluster', `default=${url(peer)}`, '--unsafe-no-fsync'],
  ]);
  const server = start(apiServer, [
    ...[`--etcd-servers=${url(client)}`, `--secure-port=${secure}`, '--bind-address=127.0.0.1'],
    ...[`--cert-dir=${join(folder, 'certificates')}`, `--token-auth-file=${join(folder, 'tokens.csv')}`],
    ...[`--service-account-key-file=${join(folder, 'account.key')}`],
    ...[`--service-account-signing-key-file=${join(folder, 'account.key')}`],
    ...['--service-account-issuer=https://example.invalid', '--authorization-mode=RBAC'],
    '--service-cluster-ip-range=10.96.0.0/16',
  ]);
  const stop = async () => {
    await server.stop();
    await store.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  const options = [`--server=https://127.0.0.1:${secure}`, `--token=${token}`, '--insecure-skip-tls-verify'];
  const call = (args, input) =>
    run(kubectl, [...options, ...args], { input, env: { ...process.env, KUBECONFIG: join(folder, 'none') } });
  const until = Date.now() + READY_TIMEOUT_MS;
  for (;;) {
    try {
      call(['get', '--raw', '/readyz']);
      return { kubectl: call, stop };
    } catch (error) {
      if (Date.now() > until) {
        await stop();
        throw new Error(
          `The API server was not ready after ${READY_TIMEOUT_MS / 1_000} s: ${error.message}\n${server.tail()}`,
        );
      }
      await sleep(POLL_MS);
    }
  }
}

/** Lets objects of a namespace be made that name its account; no controller is there to make it. */
export function prepareNamespace({ kubectl }, name, labels = []) {
  kubectl(['create', 'namespace', name]);
  for (const label of labels) kubectl(['label', 'namespace', name, label]);
  kubectl(['-n', name, 'create', 'serviceaccount', 'default']);
}
