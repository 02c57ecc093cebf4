// What Pods may reach, and where they listen.
import { spawnSync } from 'node:child_process';
import { run } from '../../images/engine.mjs';
import { DATABASE_PORT } from './database.mjs';
import { ROUTER } from '../../containers/network.mjs';

/** What has to be refused, tried from inside of a Pod; and what has to be let through. */
export function tryConnections(cluster, workloads, check) {
  const podOf = (name) => workloads.get(`touchstone-${name}`)[0];
  const attempt = (from, address, port) =>
    spawnSync('ip', [
      ...['netns', 'exec', cluster.network.pods.get(podOf(from).name).network, process.execPath, '-e'],
      `require('node:net').connect(${port},'${address}').setTimeout(3000,()=>process.exit(3)).on('connect',()=>process.exit(0)).on('error',()=>process.exit(2))`,
    ]).status === 0;
  const of = (name) => podOf(name).address;
  check('the gateway reaches NATS', attempt('inference-gateway', of('nats'), 4222));
  check('the signer reaches its database', attempt('signer', ROUTER, DATABASE_PORT));
  check('the gateway cannot reach the signer past NATS', !attempt('inference-gateway', of('signer'), 8081));
  check(
    'the gateway cannot reach the metrics of the signer',
    !attempt('inference-gateway', of('signer'), 10_081),
  );
  check('the hub cannot reach the proof-service', !attempt('attestation-hub', of('proof-service'), 8084));
  check('NATS cannot reach the database', !attempt('nats', ROUTER, DATABASE_PORT));
  check('NATS is reached on no other port', !attempt('signer', of('nats'), 8222));
}

/** Nothing of a Pod listens beyond the ports that its containers declare. */
export function checkListeners(cluster, workloads, check) {
  for (const [name, [pod]] of workloads) {
    const { network } = cluster.network.pods.get(pod.name);
    const sockets = run('ip', ['netns', 'exec', network, 'cat', '/proc/net/tcp', '/proc/net/tcp6']);
    const listening = sockets
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === '0A')
      .map((fields) => Number.parseInt(fields[1].split(':')[1], 16));
    const declared = pod.container.ports.map(({ containerPort }) => containerPort);
    check(
      `${name} listens on declared ports alone`,
      listening.length > 0 && listening.every((port) => declared.includes(port)),
    );
  }
}
