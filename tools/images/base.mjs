// The base of every image: Debian with Node. Where no registry answers it is made of Debian's packages and the Node that runs this.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './engine.mjs';

/** The name that the template takes when no other is given; `--base name@sha256:…` pins it. */
export const BASE_DEFAULT = 'docker.io/library/node:20.20.2-bookworm-slim';
const SUITE = 'bookworm';
/** What Node's binary is linked with. */
const PACKAGES = ['ca-certificates', 'libstdc++6'];

/** The first mirror that this machine's apt has. */
function debianMirror() {
  const lists = ['/etc/apt/sources.list', ...namesOf('/etc/apt/sources.list.d')];
  for (const path of lists.filter((one) => existsSync(one))) {
    const found = /^(?:URIs:|deb(?:\s+\[[^\]]*\])?)\s+(\S+\/debian)\/?(?:\s|$)/m.exec(
      readFileSync(path, 'utf8'),
    );
    if (found) return found[1];
  }
  throw new Error('No mirror of Debian stands in /etc/apt; give a base that can be pulled with --base.');
}

const namesOf = (folder) => (existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []);

/** Makes a base without a registry and gives it the name of the one that could not be had. */
function makeBase(engine, name) {
  if (process.getuid() !== 0)
    throw new Error('Without a registry the base is made by debootstrap, which needs root.');
  const parent = mkdtempSync(join(tmpdir(), 'touchstone-base-'));
  const root = join(parent, 'root');
  try {
    const options = ['--variant=minbase', `--include=${PACKAGES.join(',')}`];
    run('debootstrap', [...options, SUITE, root, debianMirror()]);
    mkdirSync(join(root, 'usr/local/bin'), { recursive: true });
    cpSync(process.execPath, join(root, 'usr/local/bin/node'), { dereference: true });
    for (const left of [
      'var/cache/apt',
      'var/lib/apt/lists',
      'var/log',
      'usr/share/doc',
      'usr/share/locale',
      'usr/share/man',
    ])
      rmSync(join(root, left), { recursive: true, force: true });
    engine.importTree(root, name);
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
}

/** Makes sure that the base is there, and says where it came from. */
export function prepareBase(engine, name) {
  if (engine.has(name)) return 'here already';
  if (engine.pull(name)) return 'pulled';
  if (name.includes('@'))
    throw new Error(
      `${name} cannot be pulled, and what is made here has another digest; give a name without digest.`,
    );
  makeBase(engine, name);
  return 'made of Debian’s packages and the Node of this machine, because no registry answered';
}
