// What a kubelet, a name server and an API server know together in a trial.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BASE_DEFAULT } from '../../images/base.mjs';
import { PodNetwork } from '../../containers/network.mjs';
import { allowedBy } from './policies.mjs';
import { DATABASE_PORT } from './database.mjs';

export const NAMESPACE = 'touchstone';
const NATS_BINARY = '/usr/local/bin/nats-server';

/** What a kubelet, a name server and an API server know together. */
export class Cluster {
  number = 0;
  secrets = new Map();
  configMaps = new Map();
  allows = () => true;

  constructor({ folder, tag, engine, natsServer }) {
    Object.assign(this, { folder, tag, natsServer });
    this.network = new PodNetwork(tag);
    this.hosts = join(folder, 'hosts');
    writeFileSync(this.hosts, '127.0.0.1 localhost\n');
    this.mounted = new Map();
    this.engine = engine;
  }

  imageOf(reference) {
    // The image of NATS cannot be had here: its program runs on the base of our own images.
    const name =
      reference.includes('nats') && !reference.startsWith('touchstone/') ? BASE_DEFAULT : reference;
    if (!this.mounted.has(name)) {
      const { folder, release } = this.engine.mount(name);
      this.mounted.set(name, { root: folder, release, config: this.engine.configOf(name) });
    }
    return this.mounted.get(name);
  }

  extraMounts(reference) {
    return this.imageOf(reference) === this.mounted.get(BASE_DEFAULT)
      ? [{ from: this.natsServer, to: NATS_BINARY }]
      : [];
  }

  secret(name) {
    const data = this.secrets.get(name);
    if (!data) throw new Error(`There is no Secret ${name}.`);
    return data;
  }

  configMap(name) {
    return this.configMaps.get(name);
  }

  take(objects) {
    for (const { kind, metadata, data } of objects)
      if (kind === 'ConfigMap') this.configMaps.set(metadata.name, data);
    const policies = objects.filter(({ kind }) => kind === 'NetworkPolicy');
    this.ports = [
      ...new Set(
        objects
          .filter(({ kind }) => kind === 'Service')
          .flatMap(({ spec }) => spec.ports.map(({ port }) => port)),
      ),
      DATABASE_PORT,
    ];
    this.allows = allowedBy(policies, { 'kubernetes.io/metadata.name': NAMESPACE });
    this.enforce();
  }

  enforce() {
    this.network.enforce(this.ports, this.allows);
  }

  /** Names of services lead to their newest Pod that is ready. */
  publish(workloads) {
    const lines = [...workloads].map(([name, pods]) => `${pods.at(-1).address} ${name}`);
    writeFileSync(this.hosts, ['127.0.0.1 localhost', ...lines, ''].join('\n'));
  }

  release() {
    for (const { release } of this.mounted.values()) release();
  }
}
