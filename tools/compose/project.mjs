// Runs a project of Compose without an engine: containers in the order of their conditions, in networks that only their members share.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROUTER } from '../containers/network.mjs';
import { relay } from '../containers/relay.mjs';
import { Container } from './container.mjs';

const HOST = '127.0.0.1';

/** What waits on which condition of another container (Compose specification, depends_on). */
const CONDITIONS = {
  service_started: () => undefined,
  service_healthy: (container) => container.healthy(),
  async service_completed_successfully(container) {
    const code = await container.exited;
    if (code !== 0) throw new Error(`${container.name} ended with ${code}:\n${container.log()}`);
  },
};

export class Project {
  containers = new Map();
  started = new Map();
  relays = [];

  /**
   * @param model the project as the loader gives it
   * @param network a {@link PodNetwork} whose router this process is @param tag begins the names of bounds
   * @param images by reference `{ root, config, mounts }`
   * @param standIns by name `{ port, healthy }` of what runs outside of containers and is reached at the router
   */
  constructor({ model, folder, tag, network, images, standIns }) {
    Object.assign(this, { model, folder, tag, network, images, standIns });
    this.hosts = join(folder, 'hosts');
    this.publish();
    const ofServices = Object.values(model.services).flatMap((service) => this.portsOf(service));
    const ports = [...ofServices, ...Object.values(standIns).map(({ port }) => port)];
    this.ports = [...new Set(ports)];
  }

  /** Every port that something in the project names: addresses of others, and what is published. */
  portsOf({ environment = {}, command, ports = [] }) {
    const texts = [...Object.values(environment), ...(command ?? [])].join('\n');
    const named = [...texts.matchAll(/:\/\/[\w.-]+:(\d+)/g)].map(([, port]) => Number(port));
    return [...named, ...ports.map(({ target }) => target)];
  }

  publish() {
    const own = [...this.containers.values()].filter(({ address }) => address !== undefined);
    const lines = own.map(({ address, name }) => `${address} ${name}`);
    const outside = Object.keys(this.standIns).map((name) => `${ROUTER} ${name}`);
    writeFileSync(this.hosts, ['127.0.0.1 localhost', ...outside, ...lines, ''].join('\n'));
    if (this.ports) this.enforce();
  }

  enforce() {
    const networksOf = (name) => Object.keys(this.model.services[name].networks ?? {});
    const share = (left, right) => left.some((network) => right.includes(network));
    const reachable = (port) =>
      Object.entries(this.standIns)
        .filter((entry) => entry[1].port === port)
        .flatMap(([name]) => networksOf(name));
    this.network.enforce(this.ports, (from, to, port) =>
      share(from.labels.networks, to === undefined ? reachable(port) : to.labels.networks),
    );
  }

  /** The folder of a named volume, as an engine makes one: it belongs to root. */
  volume(name) {
    const folder = join(this.folder, `volume-${name}`);
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    return folder;
  }

  /** Starts a container once everything is as it waits for. @returns a promise of it */
  bring(name) {
    if (!this.started.has(name)) this.started.set(name, this.startWhenReady(name));
    return this.started.get(name);
  }

  async startWhenReady(name) {
    const service = this.model.services[name];
    const needs = Object.entries(service.depends_on ?? {});
    await Promise.all(
      needs.map(async ([other, { condition }]) => CONDITIONS[condition](await this.bring(other))),
    );
    if (this.standIns[name]) return this.standIns[name];
    const container = new Container(this, name, service);
    this.containers.set(name, container);
    container.start();
    for (const { target, published } of service.ports ?? [])
      this.relays.push(
        await relay({ host: HOST, port: Number(published) }, { host: container.address, port: target }),
      );
    return container;
  }

  /** Starts everything, and waits until what lasts is healthy and what ends has ended with 0. */
  async up() {
    const wanted = Object.entries(this.model.services).filter(([, { profiles }]) => profiles === undefined);
    await Promise.all(
      wanted.map(async ([name, { restart }]) => {
        const container = await this.bring(name);
        const lasts = restart !== 'no';
        await CONDITIONS[lasts ? 'service_healthy' : 'service_completed_successfully'](container);
      }),
    );
  }

  /** Runs a container of a profile to its end. @returns what it wrote last @throws Error when it does not end with 0 */
  async runToEnd(name) {
    const container = await this.bring(name);
    await CONDITIONS.service_completed_successfully(container);
    return container.log();
  }

  /** Stops what others wait for after them. @returns how each that lasts ended, by name */
  async down() {
    for (const one of this.relays) one.close();
    const ends = new Map();
    const isNeeded = (name) =>
      [...this.containers.values()].some(({ service }) => service.depends_on?.[name] !== undefined);
    while (this.containers.size > 0) {
      const free = [...this.containers].filter(([name]) => !isNeeded(name));
      for (const [name] of free) this.containers.delete(name);
      await Promise.all(free.map(async ([name, container]) => ends.set(name, await container.stop())));
    }
    return ends;
  }
}
