import { readFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { serviceFiles } from './service-files.mjs';

const SERVICES = 'libs/contracts/src/mesh/services.ts';
const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
/** Ports of a new service: the first block of ten that nobody has, in each range. */
const FIRST_PORTS = { http: 8_090, grpc: 9_090, health: 10_090 };

/**
 * `nx g @touchstone/workspace:service <name>`: a service that builds, migrates, starts in the stack and has health,
 * metrics, OpenAPI, a NATS user and a schema. Everything else finds it by the table of services in contracts.
 *
 * @param tree the files of the repository (`Tree` of @nx/devkit)
 */
export async function generateService(tree, { name }) {
  if (!NAME.test(name) || name.length > 32)
    throw new Error(`"${name}" is no name of a service: lower case, digits and hyphens, at most 32.`);
  if (tree.exists(`apps/${name}`)) throw new Error(`apps/${name} exists already.`);
  enterTable(tree, name);
  reference(tree, 'tsconfig.json', `apps/${name}`, 'apps/cli');
  reference(tree, 'tsconfig.build.json', `apps/${name}/tsconfig.lib.json`, 'apps/cli/tsconfig.lib.json');
  const versions = JSON.parse(
    readFileSync(new URL('../../apps/attestation-hub/package.json', import.meta.url)),
  );
  for (const [path, text] of Object.entries(serviceFiles(name, versions))) {
    const filepath = `${tree.root}/${path}`;
    const style = await resolveConfig(filepath);
    tree.write(path, await format(text, { ...style, filepath }));
  }
  return () =>
    process.stdout.write(
      `Next: npm install (links the package), npm run build, npm run generate.\nTest: node tools/jest.mjs quick --selectProjects ${name}\n`,
    );
}

/** The entry in the table of services: ports that nobody has, and a schema of its name. */
function enterTable(tree, name) {
  const text = tree.read(SERVICES, 'utf8');
  const taken = new Set([...text.matchAll(/\b(?:http|grpc|health): (\d+)/g)].map(([, port]) => Number(port)));
  let step = 0;
  while (Object.values(FIRST_PORTS).some((port) => taken.has(port + step))) step += 1;
  const ports = Object.entries(FIRST_PORTS).map(([kind, port]) => `${kind}: ${port + step}`);
  const key = name.includes('-') ? `'${name}'` : name;
  const entry = `  ${key}: { ${ports.join(', ')}, schema: '${name.replaceAll('-', '_')}' },\n`;
  tree.write(SERVICES, insertBefore(text, '} as const;', entry, SERVICES));
}

/** Adds a project reference before another one, which depends on all services. */
function reference(tree, file, path, before) {
  const text = tree.read(file, 'utf8');
  const block = (target) => `    {\n      "path": "${target}"\n    },\n`;
  tree.write(file, insertBefore(text, block(before), block(path), file));
}

function insertBefore(text, mark, addition, file) {
  const place = text.indexOf(mark);
  if (place < 0) throw new Error(`${file} has no ${JSON.stringify(mark)}.`);
  return text.slice(0, place) + addition + text.slice(place);
}

// Nx takes the default export of a generator.
export { generateService as default };
