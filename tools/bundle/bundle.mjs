// How a program and all that it imports become one folder of few files.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { COMMONJS, metadataFirst, NEVER_INSTALLED, READ_AT_RUN_TIME } from '../packages.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

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

/** Where the bundle of a package is. */
export const bundleOf = (folder) => `${root}${folder}/bundle`;

/**
 * A program has `entry` and what stands `beside` it as programs of their own, such as the scripts of threads.
 *
 * @param out where it is written, `bundle` of the package unless it is another version of the program; it runs in the former's place
 * @param plugins of esbuild, for such a version
 */
export async function bundle({ folder, entry, beside = [], splitting = false }, { out, plugins = [] } = {}) {
  const outdir = out ?? bundleOf(folder);
  rmSync(outdir, { recursive: true, force: true });
  const { metafile, outputFiles } = await build({
    metafile: true,
    write: false,
    entryPoints: [entry, ...beside].map((name) => `${root}${folder}/dist/${name}`),
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
    plugins: [...plugins, metadataFirst, ownPlaces(bundleOf(folder))],
    logLevel: 'warning',
  });
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

/** Writes a program and its parts. @throws Error when esbuild writes its helper otherwise */
function write(files) {
  const texts = files.map(({ path, text }) => ({ path, text }));
  if (!texts.some(({ text }) => text.includes(NAMES)))
    throw new Error('esbuild writes __name in another way.');
  for (const { path, text } of texts) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text.replace(NAMES, NAMES_ONCE));
  }
}

/** The installed packages of which something is in a bundle, by their folders; a bill of materials needs them. */
function packagesOf({ inputs }) {
  const folders = Object.keys(inputs).map(
    (path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0],
  );
  return [...new Set(folders.filter((folder) => folder !== undefined))].sort();
}
