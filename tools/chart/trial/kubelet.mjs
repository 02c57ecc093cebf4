// Runs the containers of Pods as their specification says: command, environment, mounts, user, read-only root, bound on memory, probes.
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { containerCommand, environmentOf, MemoryBound, PATH_OF_IMAGES } from '../../containers/container.mjs';
import { ContainerProcess } from '../../containers/container-process.mjs';
import { run } from '../../images/engine.mjs';

const UNITS = { Ki: 1_024, Mi: 1_048_576, Gi: 1_073_741_824 };
const GROUP_READS = 0o040;
const INIT_TIMEOUT_MS = 60_000;
const PROBE_TIMEOUT_MS = 2_000;
const PROBE_PERIOD_MS = 250;

function bytesOf(quantity) {
  const [, number, unit] = /^(\d+)(Ki|Mi|Gi)?$/.exec(quantity);
  return Number(number) * (UNITS[unit] ?? 1);
}

/** One Pod of a trial, with one container after those that only prepare it. */
export class Pod extends ContainerProcess {
  constructor(kubelet, { name, labels, spec }) {
    super();
    Object.assign(this, { kubelet, name, labels, spec });
    [this.container] = spec.containers;
  }

  start() {
    const { kubelet, name, spec, container } = this;
    const { network, address } = kubelet.network.add(name, this.labels);
    Object.assign(this, { address, network });
    kubelet.enforce();
    this.bound = new MemoryBound(`${kubelet.tag}-${name}`, bytesOf(container.resources.limits.memory));
    for (const first of spec.initContainers ?? []) {
      const { argv, env } = this.command(first);
      run(argv[0], argv.slice(1), { env, timeout: INIT_TIMEOUT_MS });
    }
    this.launch({ ...this.command(container), logFile: join(kubelet.folder, `${name}.log`) });
    return this;
  }

  /** What runs a container of the Pod: `{ argv, env }`. */
  command(container) {
    const { kubelet, spec, network, bound } = this;
    const { root, config } = kubelet.imageOf(container.image);
    const { runAsUser: uid, runAsGroup: gid, fsGroup } = spec.securityContext;
    const argv = containerCommand({
      ...{ root, bound, network, workdir: config.WorkingDir ?? '/' },
      user: { uid, gid, groups: fsGroup === undefined ? [] : [fsGroup] },
      mounts: [
        { from: kubelet.hosts, to: '/etc/hosts' },
        ...this.mounts(container),
        ...kubelet.extraMounts(container.image),
      ],
      argv: [...(container.command ?? config.Entrypoint), ...(container.args ?? [])],
    });
    return { argv, env: this.environment(container, config) };
  }

  environment({ env = [], envFrom = [] }, config) {
    const ofSecrets = envFrom.flatMap(({ secretRef }) => Object.entries(this.kubelet.secret(secretRef.name)));
    const own = Object.fromEntries([...ofSecrets, ...env.map(({ name, value }) => [name, value])]);
    return { PATH: PATH_OF_IMAGES, ...environmentOf(config), ...own };
  }

  mounts({ volumeMounts = [] }) {
    return volumeMounts.map(({ name, mountPath, readOnly = false }) => ({
      from: this.volume(name),
      to: mountPath,
      readOnly,
    }));
  }

  /** The folder of a volume, as a kubelet lays it out. */
  volume(name) {
    const { spec, kubelet } = this;
    const { fsGroup } = spec.securityContext;
    const volume = spec.volumes?.find((one) => one.name === name);
    const folder = join(kubelet.folder, volume ? `${this.name}-${name}` : `data-${name}`);
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    const put = (path, text, mode) => {
      const file = join(folder, path);
      writeFileSync(file, text);
      chownSync(file, 0, fsGroup ?? 0);
      chmodSync(file, fsGroup === undefined ? mode : mode | GROUP_READS);
    };
    if (volume?.secret) {
      const data = kubelet.secret(volume.secret.secretName);
      for (const { key, path } of volume.secret.items) {
        if (data[key] === undefined)
          throw new Error(`The Secret ${volume.secret.secretName} has no key ${key}.`);
        put(path, data[key], volume.secret.defaultMode);
      }
    } else if (volume?.configMap) {
      for (const [key, text] of Object.entries(kubelet.configMap(volume.configMap.name)))
        put(key, text, 0o644);
    } else {
      // A claim, or an empty folder of the Pod: its group may write.
      chownSync(folder, 0, fsGroup ?? 0);
      chmodSync(folder, 0o2775);
    }
    return folder;
  }

  async answers({ httpGet }) {
    const { containerPort } = this.container.ports.find(({ name }) => name === httpGet.port);
    try {
      const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
      return (await fetch(`http://${this.address}:${containerPort}${httpGet.path}`, { signal })).ok;
    } catch {
      return false;
    }
  }

  /** Resolves when the Pod is ready by its own probes. @throws Error with the end of its log */
  async ready() {
    const { startupProbe, readinessProbe } = this.container;
    const until = Date.now() + startupProbe.periodSeconds * startupProbe.failureThreshold * 1_000;
    for (const probe of [startupProbe, readinessProbe])
      while (!(await this.answers(probe))) {
        if (this.ended !== undefined)
          throw new Error(`${this.name} ended with ${this.ended}:\n${this.log()}`);
        if (Date.now() > until) throw new Error(`${this.name} is not ready:\n${this.log()}`);
        await sleep(PROBE_PERIOD_MS);
      }
    return this;
  }

  /** SIGTERM, and SIGKILL when the grace of the Pod is over. @returns its exit code, or the signal that ended it */
  async stop() {
    const grace = (this.spec.terminationGracePeriodSeconds ?? 30) * 1_000;
    const code = await this.terminate(grace);
    this.remove();
    return code;
  }

  remove() {
    this.bound.remove();
    this.kubelet.network.remove(this.name);
  }
}
