// A NATS server beside that of the release, from the same objects, whose configuration can be changed while it runs.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Pod } from './kubelet.mjs';

const NATS = 'touchstone-nats';
/** Its name, also as a host. */
export const SECOND_NATS = 'second-nats';
const CONFIG_MAP = 'trial-second-nats';
const CONFIG_FOLDER = '/etc/nats';
const TLS = `tls { cert_file: "${CONFIG_FOLDER}/server.pem", key_file: "${CONFIG_FOLDER}/server.key" }\n`;

export class SecondNats {
  static async start(world) {
    const { cluster, objects, workloads } = world;
    const { spec } = objects.find(({ kind, metadata }) => kind === 'StatefulSet' && metadata.name === NATS);
    const template = structuredClone(spec.template);
    const [container] = template.spec.containers;
    cluster.configMaps.set(CONFIG_MAP, { ...cluster.configMap(NATS) });
    template.spec.volumes.find(({ configMap }) => configMap !== undefined).configMap.name = CONFIG_MAP;
    // A claim of its own, which is empty.
    container.volumeMounts.find(({ mountPath }) => mountPath === '/data').name = 'second';
    const pod = new Pod(cluster, {
      name: SECOND_NATS,
      labels: template.metadata.labels,
      spec: template.spec,
    });
    await pod.start().ready();
    // Certificates are for names: the client does not compare them with addresses.
    cluster.publish(new Map([...workloads, [SECOND_NATS, [pod]]]));
    return new SecondNats(world, pod);
  }

  constructor(world, pod) {
    Object.assign(this, { world, pod });
    this.url = `nats://${SECOND_NATS}:4222`;
    this.config = { ...world.cluster.configMap(CONFIG_MAP) };
  }

  /** Writes files as the kubelet laid them out, and has the server read them. */
  reload(changes = {}) {
    const { cluster } = this.world;
    const { name } = this.pod.spec.volumes.find(({ configMap }) => configMap !== undefined);
    for (const [file, text] of Object.entries({ ...this.config, ...changes }))
      writeFileSync(join(cluster.folder, `${this.pod.name}-${name}`, file), text);
    this.pod.child.kill('SIGHUP');
  }

  /** Has the server expect another password of a user, until the next reload. */
  expectOf(user, password) {
    const variable = `$TOUCHSTONE_NATS_PASSWORD_${user.toUpperCase()}`;
    const users = this.config['mesh-users.conf'];
    if (!users.includes(`${variable},`)) throw new Error(`NATS has no user ${user}.`);
    this.reload({ 'mesh-users.conf': users.replace(`${variable},`, `"${password}",`) });
  }

  /** Has the server ask for TLS, with `{ cert, key }`, names of files. */
  offerTls({ cert, key }) {
    this.reload({
      'nats.conf': `${TLS}${this.config['nats.conf']}`,
      'server.pem': readFileSync(cert, 'utf8'),
      'server.key': readFileSync(key, 'utf8'),
    });
  }

  /** Runs the Job of the release that makes streams and durables, for this server. */
  provision() {
    const { objects, runToEnd } = this.world;
    const job = objects.find(({ kind, metadata }) => kind === 'Job' && metadata.name.includes('provision'));
    const changed = structuredClone(job);
    changed.metadata.name = 'second-nats-provision';
    for (const one of changed.spec.template.spec.containers[0].env)
      if (one.name === 'NATS_URL') one.value = this.url;
    return runToEnd(changed);
  }

  stop() {
    return this.pod.stop();
  }
}
