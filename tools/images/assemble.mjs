// Lays out the files of one image: the program and the packages that it reads at run time, at the places where they are in the
// checkout, below /app.
import { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync, chmodSync } from 'node:fs';
import { join } from 'node:path';
import { READ_AT_RUN_TIME } from '../packages.mjs';
import { noticesOf } from '../supply-chain/notices.mjs';
import { copyInto, treeHash, treeSize } from './file-tree.mjs';
import { billOfMaterials } from './sbom.mjs';

/** Names of processors as Node has them, by the name that images use. */
const PROCESSORS = { amd64: 'x64', arm64: 'arm64' };

/** Whether a file of a package is of use on Linux with this processor; native packages bring those of all systems. */
export function isOfUse(path, processor) {
  if (/\.(?:d\.[cm]?ts|map|md|markdown)$/.test(path)) return false;
  const binary = /(?:^|\/)(?:prebuilds|bin\/napi-v\d+)\/(.+)$/.exec(path)?.[1];
  if (binary === undefined) return true;
  return binary.startsWith(`linux-${processor}/`) || binary.startsWith(`linux/${processor}/`);
}

function writeReadable(path, text) {
  writeFileSync(path, text);
  chmodSync(path, 0o644);
}

/** Where a path of an image comes from: the checkout, or the folder of other bundles where that has it. */
function sourceOf({ root, image, bundles }, path) {
  const other = bundles !== undefined && path === `apps/${image.name}/bundle` && join(bundles, image.name);
  return other && existsSync(other) ? other : join(root, path);
}

/**
 * @param bundles folder of other bundles, one for each service of which there is one
 * @returns what was laid out: `hash` is the build hash that the image states, over every file but the bill of materials
 */
export function assemble({ root, lock, image, bundles, out, architecture, version, node }) {
  const processor = PROCESSORS[architecture];
  const app = join(out, 'app');
  rmSync(out, { recursive: true, force: true });
  for (const path of image.paths) {
    if (!existsSync(join(root, path))) throw new Error(`${path} is not there: run npm run build first.`);
    copyInto(sourceOf({ root, image, bundles }, path), join(app, path), {
      keep: (file) => !file.endsWith('.tsbuildinfo'),
    });
  }
  const installed = lock.closure(image.workspaces);
  const atRunTime = [...installed].filter((folder) =>
    [...READ_AT_RUN_TIME, ...(image.packages ?? [])].some((name) => folder.endsWith(`node_modules/${name}`)),
  );
  const copied = [...lock.closure(atRunTime)].filter(
    (folder) =>
      folder.includes('node_modules/') && (existsSync(join(root, folder)) || !lock.isOptional(folder)),
  );
  for (const folder of copied)
    copyInto(join(root, folder), join(app, folder), {
      keep: (path) => !path.includes('node_modules/') && isOfUse(path, processor),
    });
  copyInto(join(root, 'LICENSE'), join(app, 'LICENSE'));
  // One path in every image, so that one template and one chart start them all.
  symlinkSync(image.main, join(app, 'main.js'));
  const bundled = image.paths
    .filter((path) => path.endsWith('/bundle'))
    .flatMap((path) => JSON.parse(readFileSync(join(app, path, 'packages.json'), 'utf8')));
  const folders = new Set([...bundled, ...copied]);
  writeReadable(join(app, 'THIRD_PARTY_NOTICES'), noticesOf(root, lock, folders));
  const hash = treeHash(app);
  const sbom = billOfMaterials({ image, version, lock, folders, node });
  writeReadable(join(app, 'sbom.cdx.json'), `${JSON.stringify(sbom, null, 2)}\n`);
  return { hash, bytes: treeSize(app) };
}
