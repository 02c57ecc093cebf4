import { existsSync, readdirSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const DEFINITION_FILE = /^(?:[a-z-]+-)?service\.js$/;

/**
 * The definition of every service that is built: the export with `name` and `configSchema` of `dist/service.js` or
 * `dist/<name>-service.js`, as `main.ts` runs it.
 */
export async function serviceDefinitions(root, names) {
  const found = [];
  for (const name of names) {
    const dist = `${root}apps/${name}/dist`;
    if (!existsSync(dist)) continue;
    for (const file of readdirSync(dist).filter((entry) => DEFINITION_FILE.test(entry))) {
      const exported = Object.values(await importFile(`${dist}/${file}`));
      const definition = exported.find((value) => value?.name === name && value?.configSchema !== undefined);
      if (definition !== undefined) found.push({ dist, definition });
    }
  }
  return found;
}

/** Classes that `dist/transport/http/*.controller.js` export. */
export async function httpControllers(dist) {
  const folder = `${dist}/transport/http`;
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.controller.js'))
    .sort();
  const modules = await Promise.all(files.map((file) => importFile(`${folder}/${file}`)));
  return modules.flatMap((module) => Object.values(module)).filter((value) => typeof value === 'function');
}

function importFile(path) {
  return import(pathToFileURL(path).href);
}
