// A container of a Compose project, run from its image's root: command, environment, mounts, user, rights, networks, health, restarts.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  containerCommand,
  environmentOf,
  execCommand,
  MemoryBound,
  PATH_OF_IMAGES,
} from '../containers/container.mjs';
import { ContainerProcess } from '../containers/container-process.mjs';
import { milliseconds } from './model.mjs';

const SECRETS = '/run/secrets';
const RESTART_DELAY_MS = 500;

const userOf = (text) => {
  const [uid, gid] = text.split(':').map(Number);
  return { uid, gid };
};

export class Container extends ContainerProcess {
  restarts = 0;
  isStopping = false;

  constructor(project, name, service) {
    super();
    Object.assign(this, { project, name, service });
  }

  start() {
    const { project, name, service } = this;
    const { networks = {}, mem_limit: bytes, image } = service;
    Object.assign(this, project.network.add(name, { networks: Object.keys(networks) }));
    project.publish();
    this.bound = new MemoryBound(`${project.tag}-${name}`, Number(bytes));
    this.image = project.images.get(image);
    this.run();
    return this;
  }

  run() {
    const { project, name, service, image, network, bound } = this;
    const { entrypoint, command, environment = {}, user, cap_add: capabilities } = service;
    const { root, config, mounts = [] } = image;
    const given = Object.entries(environment).filter(([, value]) => value !== null);
    this.env = { PATH: PATH_OF_IMAGES, ...environmentOf(config), ...Object.fromEntries(given) };
    this.place = { user: userOf(user), bound, workdir: config.WorkingDir || '/' };
    const argv = containerCommand({
      ...{ ...this.place, root, network, capabilities },
      mounts: [{ from: project.hosts, to: '/etc/hosts' }, ...mounts, ...this.mounts()],
      argv: [...(entrypoint ?? config.Entrypoint ?? []), ...(command ?? [])],
    });
    this.launch({ argv, env: this.env, logFile: join(project.folder, `${name}.log`) });
    void this.exited.then(() => this.comeBack());
  }

  /** As `restart` says. */
  async comeBack() {
    if (this.isStopping || this.service.restart !== 'unless-stopped') return;
    await sleep(RESTART_DELAY_MS);
    if (this.isStopping) return;
    this.restarts += 1;
    this.run();
  }

  mounts() {
    const { service, project } = this;
    const secrets = (service.secrets ?? []).map(({ source, target }) => ({
      from: project.model.secrets[source].file,
      to: target.startsWith('/') ? target : `${SECRETS}/${target}`,
    }));
    const volumes = (service.volumes ?? []).map(({ type, source, target, read_only: readOnly = false }) => ({
      from: type === 'bind' ? source : project.volume(source),
      ...{ to: target, readOnly },
    }));
    return [...(service.tmpfs ?? []).map((to) => ({ to })), ...secrets, ...volumes];
  }

  /** Runs the test of the health check inside of the container. @returns whether it ended with 0 in its time */
  passes() {
    const { test, timeout } = this.service.healthcheck;
    const [program, ...args] = execCommand({ pid: this.child.pid, ...this.place, argv: test.slice(1) });
    const child = spawn(program, args, { stdio: 'ignore', env: this.env, timeout: milliseconds(timeout) });
    return new Promise((resolve) => child.once('exit', (code) => resolve(code === 0)));
  }

  /** Resolves when the test of the health check passes. @throws Error with the end of the log when it is unhealthy before */
  async healthy() {
    const { start_period: begin, start_interval: pause, interval, retries } = this.service.healthcheck;
    const until = Date.now() + milliseconds(begin) + retries * milliseconds(interval);
    while (!(await this.passes())) {
      if (Date.now() > until) throw new Error(`${this.name} is not healthy:\n${this.log()}`);
      await sleep(milliseconds(pause));
    }
  }

  /** @returns the exit code, or the signal that ended it */
  async stop() {
    this.isStopping = true;
    const code = this.ended ?? (await this.terminate(milliseconds(this.service.stop_grace_period)));
    this.remove();
    return code;
  }

  remove() {
    this.bound.remove();
    this.project.network.remove(this.name);
  }
}
