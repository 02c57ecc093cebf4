// How a program and all that it imports become one folder of few files.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
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
 * @param out where it is written, `bundle` of the package unless it is another version of the program; it runs in the former's place
 * @param plugins of esbuild, for such a version
 */
export async function bundle({ folder, entry, splitting = false }, { out, plugins = [] } = {}) {
  const outdir = out ?? bundleOf(folder);
  rmSync(outdir, { recursive: true, force: true });
  const { metafile } = await build({
    metafile: true,
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
    plugins: [...plugins, metadataFirst, ownPlaces(bundleOf(folder))],
    logLevel: 'warning',
  });
  writeFileSync(`${outdir}/packages.json`, `${JSON.stringify(packagesOf(metafile), null, 2)}\n`);
}

/** The installed packages of which something is in a bundle, by their folders; a bill of materials needs them. */
function packagesOf({ inputs }) {
  const folders = Object.keys(inputs).map(
    (path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0],
  );
  return [...new Set(folders.filter((folder) => folder !== undefined))].sort();
}
