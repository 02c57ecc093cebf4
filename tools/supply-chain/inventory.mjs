// Which packages the lock file has, what each is for and which workspaces use it.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UNSHIPPED_TAG } from './licence-policy.mjs';

const MODULES = 'node_modules/';

/** The licence as package.json has it, or undefined: a text, or the old form of one object. */
const statedLicence = ({ license }) => (typeof license === 'object' ? license?.type : license);

const readManifest = (path) => (existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined);

/** The root is `''`; what an archive brings in its own node_modules is no workspace. */
export const workspacesOf = (lock) => Object.keys(lock.packages).filter((path) => !path.includes(MODULES));

/** What a workspace ships, and what it uses besides to be built and tested. */
function reachOf(lock, workspace) {
  const shipped = lock.closure([workspace]);
  const { devDependencies = {} } = lock.packages[workspace];
  const named = Object.keys(devDependencies).map((name) => lock.resolve(workspace, name));
  return {
    shipped,
    used: new Set([...shipped, ...lock.closure(named.filter((path) => path !== undefined))]),
  };
}

function isShipped(root, workspace) {
  if (workspace === '') return true;
  if (!/^(?:apps|libs)\//.test(workspace)) return false;
  return readManifest(join(root, workspace, 'package.json'))?.nx?.tags?.includes(UNSHIPPED_TAG) !== true;
}

/**
 * Every package of the lock file. Packages for other platforms are in it and not installed; of those `installed` is undefined.
 *
 * @returns for each its name, version and folder; `licence` of the lock file and `installed`, that of the package on disk; `workspaces`
 *   that ship it and `users`, all that use it in any way
 */
export function inventory(root, lock) {
  const reaches = workspacesOf(lock).map((workspace) => ({
    workspace,
    ships: isShipped(root, workspace),
    ...reachOf(lock, workspace),
  }));
  return Object.keys(lock.packages)
    .filter((folder) => folder.includes(MODULES) && !lock.packages[folder].link)
    .sort()
    .map((folder) => {
      const manifest = readManifest(join(root, folder, 'package.json'));
      const usedBy = (kind) => reaches.filter((reach) => reach[kind].has(folder));
      return {
        name: folder.slice(folder.lastIndexOf(MODULES) + MODULES.length),
        version: lock.packages[folder].version,
        folder,
        licence: statedLicence(lock.packages[folder]),
        installed: manifest && { licence: statedLicence(manifest) },
        workspaces: usedBy('shipped')
          .filter(({ ships }) => ships)
          .map(({ workspace }) => workspace),
        users: usedBy('used').map(({ workspace }) => workspace),
      };
    });
}
