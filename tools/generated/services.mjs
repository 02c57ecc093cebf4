import { existsSync, readdirSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/** The definition of every service that is built: the export `service` of `dist/service.js`, as `main.ts` runs it. */
export async function serviceDefinitions(root, names) {
  const found = [];
  for (const name of names) {
    const dist = `${root}apps/${name}/dist`;
    if (!existsSync(`${dist}/service.js`)) continue;
    const { service } = await importFile(`${dist}/service.js`);
    if (service?.name !== name) throw new Error(`apps/${name}/src/service.ts does not export the service.`);
    found.push({ dist, definition: service });
  }
  return found;
}

/** Classes that the controllers under `dist/transport/http` export. */
export async function httpControllers(dist) {
  const folder = `${dist}/transport/http`;
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder, { recursive: true })
    .filter((file) => file.endsWith('.controller.js'))
    .sort();
  const modules = await Promise.all(files.map((file) => importFile(`${folder}/${file}`)));
  return modules.flatMap((module) => Object.values(module)).filter((value) => typeof value === 'function');
}

function importFile(path) {
  return import(pathToFileURL(path).href);
}
