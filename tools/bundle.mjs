// Puts each program and all that it imports into one folder, `bundle` beside its `dist`, so that a process reads a few files instead of
// thousands: Node spends four fifths of a start with finding and parsing modules one by one.
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, readFileSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { COMMONJS, metadataFirst, NEVER_INSTALLED, READ_AT_RUN_TIME } from './packages.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** A module of ours that finds a file beside itself still finds it there. */
const ownPlaces = (folder) => ({
  name: 'own places',
  setup({ onLoad }) {
    onLoad({ filter: /\/(?:libs|apps)\/[^/]+\/dist\/.*\.js$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      if (!text.includes('import.meta.url')) return undefined;
      const place = JSON.stringify(relative(folder, path));
      return { contents: text.replaceAll('import.meta.url', `new URL(${place}, import.meta.url).href`) };
    });
  },
});

/** What runs as a process of its own: the services, the command line, and what the launcher runs beside them. */
const programs = [
  ...[
    'signer',
    'inference-gateway',
    'attestation-hub',
    'anchor-worker',
    'proof-service',
    'payment-verifier',
  ].map((service) => ({ folder: `apps/${service}`, entry: 'main.js' })),
  // Of the command line each command loads its own.
  { folder: 'apps/cli', entry: 'main.js', splitting: true },
  { folder: 'libs/nats', entry: 'provision-main.js' },
];

async function bundle({ folder, entry, splitting = false }) {
  const outdir = `${root}${folder}/bundle`;
  rmSync(outdir, { recursive: true, force: true });
  const { metafile, outputFiles } = await build({
    metafile: true,
    write: false,
    entryPoints: [`${root}${folder}/dist/${entry}`],
    outdir,
    absWorkingDir: root,
    bundle: true,
    splitting,
    chunkNames: 'part-[hash]',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // Names of classes stand in logs, in the table of migrations and in injection tokens.
    keepNames: true,
    legalComments: 'inline',
    banner: { js: COMMONJS },
    external: [...READ_AT_RUN_TIME, ...NEVER_INSTALLED],
    plugins: [metadataFirst, ownPlaces(outdir)],
    logLevel: 'warning',
  });
  mkdirSync(outdir, { recursive: true });
  write(outputFiles);
  writeFileSync(`${outdir}/packages.json`, `${JSON.stringify(packagesOf(metafile), null, 2)}\n`);
}

/**
 * esbuild names every function again each time that it is made, also those that a request makes. Only what has a prototype, classes and
 * functions that live as long as the program, needs the name that it had.
 */
const NAMES = 'var __name = (target, value) => __defProp(target, "name", { value, configurable: true });';
const NAMES_ONCE = NAMES.replace(
  '=> __defProp(',
  '=> typeof target === "function" && !Object.hasOwn(target, "prototype") ? target : __defProp(',
);

/** Writes the programs and their parts. @throws Error when esbuild writes its helper otherwise */
function write(files) {
  const named = files
    .filter(({ path }) => path.endsWith('.js'))
    .map((file) => ({ ...file, text: file.text }));
  if (!named.some(({ text }) => text.includes(NAMES)))
    throw new Error('esbuild writes __name in another way.');
  for (const { path, text } of named) writeFileSync(path, text.replace(NAMES, NAMES_ONCE));
}

/** The installed packages of which something is in a bundle, by their folders; a bill of materials needs them. */
function packagesOf({ inputs }) {
  const folders = Object.keys(inputs).map(
    (path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0],
  );
  return [...new Set(folders.filter((folder) => folder !== undefined))].sort();
}

const modified = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);

/** When the newest compiled project or installed package was written. */
function newestInput() {
  const projects = ['libs', 'apps'].flatMap((group) =>
    readdirSync(`${root}${group}`).map((name) => `${root}${group}/${name}/dist/tsconfig.lib.tsbuildinfo`),
  );
  return Math.max(
    ...[...projects, `${root}node_modules/.package-lock.json`, fileURLToPath(import.meta.url)].map(modified),
  );
}

const since = newestInput();
const old = programs.filter(({ folder, entry }) => modified(`${root}${folder}/bundle/${entry}`) <= since);
await Promise.all(old.map(bundle));
