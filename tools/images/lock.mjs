// Reads package-lock.json as npm resolves it: a package finds another in its own node_modules, or in that of a folder above.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The packages of a lock file (npm's lockfileVersion 3). */
export class Lock {
  constructor(root) {
    this.packages = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  }

  /** The folder of `name` as a module in `folder` finds it, or undefined where it is not installed. */
  resolve(folder, name) {
    for (let above = folder; ; above = above.slice(0, above.lastIndexOf('/'))) {
      const path = above === '' ? `node_modules/${name}` : `${above}/node_modules/${name}`;
      if (path in this.packages) return this.packages[path].link ? this.packages[path].resolved : path;
      if (!above.includes('/')) {
        const top = `node_modules/${name}`;
        if (above === '' || !(top in this.packages)) return undefined;
        return this.packages[top].link ? this.packages[top].resolved : top;
      }
    }
  }

  /** Whether npm leaves a package out where it is of no use, as a build for another machine. */
  isOptional(folder) {
    return this.packages[folder].optional === true;
  }

  /** The folders of all that the packages in `folders` need in production, themselves included. */
  closure(folders) {
    const found = new Set();
    const open = [...folders];
    while (open.length > 0) {
      const folder = open.pop();
      if (found.has(folder)) continue;
      found.add(folder);
      const { dependencies = {}, optionalDependencies = {}, peerDependencies = {} } = this.packages[folder];
      for (const name of Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })) {
        const next = this.resolve(folder, name);
        if (next !== undefined) open.push(next);
      }
    }
    return found;
  }
}
