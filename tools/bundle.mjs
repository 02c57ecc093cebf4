// Puts each program and all that it imports into one folder, `bundle` beside its `dist`, so that a process reads a few files instead of
// thousands: Node spends four fifths of a start with finding and parsing modules one by one.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundle, bundleOf } from './bundle/bundle.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What runs as a process of its own: the services, the command line, and what the launcher runs beside them. */
const programs = [
  ...['signer', 'attestation-hub', 'anchor-worker', 'proof-service', 'payment-verifier'].map((service) => ({
    folder: `apps/${service}`,
    entry: 'main.js',
  })),
  {
    folder: 'apps/inference-gateway',
    entry: 'main.js',
    beside: ['adapters/body/body-thread.js', 'adapters/proof/proof-thread.js'],
  },
  // Of the command line each command loads its own.
  { folder: 'apps/cli', entry: 'main.js', splitting: true },
  { folder: 'libs/nats', entry: 'provision-main.js' },
  { folder: 'apps/zk-prover', entry: 'main.js' },
];

const modified = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);

const own = ['bundle.mjs', 'bundle/bundle.mjs', 'packages.mjs'].map((name) => `${root}tools/${name}`);

/** When the newest compiled project or installed package was written. */
function newestInput() {
  const projects = ['libs', 'apps'].flatMap((group) =>
    readdirSync(`${root}${group}`).map((name) => `${root}${group}/${name}/dist/tsconfig.lib.tsbuildinfo`),
  );
  return Math.max(...[...projects, `${root}node_modules/.package-lock.json`, ...own].map(modified));
}

const since = newestInput();
const old = programs.filter(({ folder, entry }) => modified(`${bundleOf(folder)}/${entry}`) <= since);
await Promise.all(old.map((program) => bundle(program)));
