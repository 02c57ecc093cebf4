// The images of a trial. Ours are as they were built. No registry answers where a trial runs, so that others are stood in for: NATS by its
// program on the base of our own images, with busybox as the wget that its image has, and the programs of PostgreSQL by those of this machine.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, unpackPackagedProgram } from '../../libs/embedded/dist/index.js';
import { natsServer } from '../chart/binaries.mjs';
import { BASE_DEFAULT } from '../images/base.mjs';
import { run } from '../images/engine.mjs';

/** wget of busybox, which is what the images of Alpine have. It is fetched where there is a network, before a trial. */
export async function busybox() {
  const folder = join(cacheFolder(), 'busybox-apt');
  const path = join(folder, 'busybox');
  if (!existsSync(path))
    await unpackPackagedProgram({ package: 'busybox-static', path: 'bin/busybox' }, folder);
  return path;
}

/** This machine’s root as that of containers: what they write goes elsewhere. */
function machineRoot(folder) {
  const [root, upper, work] = ['root', 'upper', 'work'].map((name) => join(folder, `machine-${name}`));
  for (const path of [root, upper, work]) mkdirSync(path);
  const layers = `lowerdir=/,upperdir=${upper},workdir=${work}`;
  run('mount', ['-t', 'overlay', 'overlay', '-o', layers, root]);
  return { root, release: () => run('umount', [root]) };
}

/** Images by their reference, each with its root file system mounted once. */
export class Images {
  mounted = new Map();

  /** @param standIns what `standInImages` made */
  constructor(engine, standIns) {
    Object.assign(this, { engine, standIns });
  }

  get(reference) {
    if (!this.mounted.has(reference)) this.mounted.set(reference, this.mount(reference));
    return this.mounted.get(reference);
  }

  mount(reference) {
    const standIn = Object.entries(this.standIns).find(([name]) => reference.includes(`/library/${name}:`));
    if (standIn) return standIn[1](this.engine);
    return this.engineMount(reference);
  }

  engineMount(reference) {
    const { folder: root, release } = this.engine.mount(reference);
    return { root, release, config: this.engine.configOf(reference) };
  }

  release() {
    for (const { release } of this.mounted.values()) release();
  }
}

/** @param folder for what is written @returns by the name of an image what stands in for it */
export async function standInImages(folder) {
  const mounts = [
    { from: natsServer(), to: '/usr/local/bin/nats-server' },
    { from: await busybox(), to: '/usr/bin/wget' },
  ];
  return {
    nats(engine) {
      const { folder: root, release } = engine.mount(BASE_DEFAULT);
      return { root, release, config: {}, mounts };
    },
    postgres: () => ({ ...machineRoot(folder), config: {} }),
  };
}
