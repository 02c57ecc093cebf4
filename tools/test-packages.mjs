// Puts the packages that specs use into a few files: Jest finds, reads and links every module of every package again for every spec
// file, which for a service's specs took longer than the tests themselves.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { fileURLToPath } from 'node:url';
import { COMMONJS, metadataFirst, NEVER_INSTALLED, READ_AT_RUN_TIME } from './packages.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const cache = `${root}.nx/test-packages/`;
const DAY_MS = 86_400_000;

/** Jest's own, and what starts processes that find their files by themselves. */
const AS_INSTALLED = [...READ_AT_RUN_TIME, '@jest/globals', 'esbuild', 'playwright-core'];
const IMPORTED = /\bfrom '([^'.#][^']*)'|\bimport\('([^'.#][^']*)'\)/g;

function* sources(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) yield* sources(`${folder}/${entry.name}`);
    else if (entry.name.endsWith('.ts')) yield readFileSync(`${folder}/${entry.name}`, 'utf8');
  }
}

/** What the sources of all projects import and is no file, no part of Node and no package of this repository. */
function imported() {
  const found = new Set();
  for (const group of ['libs', 'apps']) {
    for (const project of readdirSync(`${root}${group}`)) {
      for (const folder of ['src', 'test'].map((name) => `${root}${group}/${project}/${name}`)) {
        if (!existsSync(folder)) continue;
        for (const text of sources(folder)) {
          for (const [, from, lazily] of text.matchAll(IMPORTED)) found.add(from ?? lazily);
        }
      }
    }
  }
  const left = (name) => AS_INSTALLED.some((kept) => name === kept || name.startsWith(`${kept}/`));
  return [...found]
    .filter((name) => !isBuiltin(name) && !name.startsWith('@touchstone/') && !left(name))
    .sort();
}

/** Names what a package exports one by one: of CommonJS, esbuild would pass on the default export alone. */
const entries = {
  name: 'entries',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^entry:/ }, ({ path }) => ({
      path: path.slice('entry:'.length),
      namespace: 'entry',
    }));
    onLoad({ filter: /.*/, namespace: 'entry' }, async ({ path }) => {
      const names = Object.keys(await import(path)).filter((name) => /^[A-Za-z_$][\w$]*$/.test(name));
      const exported = names.filter((name) => name !== '__esModule').join(', ');
      return { contents: `export { ${exported} } from '${path}';`, resolveDir: root };
    });
  },
};

const fileOf = (name) => name.replaceAll(/[^\w.-]/g, '_').replace(/\.js$/, '');

async function write(names, outdir) {
  const { build } = await import('esbuild');
  await build({
    entryPoints: Object.fromEntries(names.map((name) => [fileOf(name), `entry:${name}`])),
    outdir,
    outExtension: { '.js': '.mjs' },
    absWorkingDir: root,
    bundle: true,
    splitting: true,
    chunkNames: 'part-[hash]',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // The files that Jest itself would have chosen.
    mainFields: ['main'],
    conditions: ['node', 'node-addons'],
    keepNames: true,
    minifyWhitespace: true,
    legalComments: 'none',
    banner: { js: COMMONJS },
    external: [...READ_AT_RUN_TIME, ...NEVER_INSTALLED],
    plugins: [metadataFirst, entries],
    logLevel: 'warning',
  });
}

/** What is a day old; younger files may be in use by another run. */
function removeUnused() {
  mkdirSync(cache, { recursive: true });
  for (const name of readdirSync(cache)) {
    if (Date.now() - statSync(cache + name).mtimeMs > DAY_MS) rmSync(cache + name, { recursive: true });
  }
}

/**
 * Writes the packages once for each set of installed packages and imports.
 *
 * @returns for Jest's `moduleNameMapper`: the file of each package
 */
export async function testPackages() {
  const names = imported().filter((name) => {
    try {
      import.meta.resolve(name);
      return true;
    } catch {
      return false;
    }
  });
  const hash = createHash('sha256').update(JSON.stringify(names));
  for (const input of ['package-lock.json', 'tools/packages.mjs', 'tools/test-packages.mjs']) {
    hash.update(readFileSync(`${root}${input}`));
  }
  const outdir = `${cache}${hash.digest('hex').slice(0, 16)}`;
  if (!existsSync(outdir)) {
    removeUnused();
    const unfinished = `${outdir}-${process.pid}`;
    await write(names, unfinished);
    // Another run may have been faster.
    if (existsSync(outdir)) rmSync(unfinished, { recursive: true });
    else renameSync(unfinished, outdir);
  }
  return Object.fromEntries(
    names.map((name) => [`^${name.replaceAll(/[.$]/g, '\\$&')}$`, `${outdir}/${fileOf(name)}.mjs`]),
  );
}
