// Writes what is generated from code; `--check` writes nothing and fails with the names of files that differ.
// It reads what is built, so build first: npm run generate does both.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serviceNames } from '../libs/contracts/dist/index.js';
import { CHART, chartFiles, contractsOf, DASHBOARDS } from './generated/chart.mjs';
import { composeFiles } from './generated/compose.mjs';
import { configPage } from './generated/config.mjs';
import { limitsPage } from './generated/limits.mjs';
import { meshPage } from './generated/mesh.mjs';
import { openApiDocument } from './generated/open-api.mjs';
import { postmanCollection } from './generated/postman.mjs';
import { problemsPage } from './generated/problems.mjs';
import { serviceDefinitions } from './generated/services.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const check = process.argv.includes('--check');
const OPEN_API_FOLDER = 'docs/reference/openapi';
const POSTMAN_FOLDER = 'docs/reference/postman';
/** Services that have a Postman collection, and where they are in a stack that `npm start` runs. */
const COLLECTIONS = new Map([['inference-gateway', 'http://127.0.0.1:8080']]);
/** Where nothing lies but what is generated. */
const FOLDERS = [OPEN_API_FOLDER, POSTMAN_FOLDER, `${CHART}/${DASHBOARDS}`];
/** Generators that check themselves; each knows `--check`. */
const programs = ['libs/evm-contracts/build.mjs'];

async function pages() {
  const services = await serviceDefinitions(root, serviceNames);
  const contracts = contractsOf(services);
  const files = new Map([
    ['docs/reference/problems.md', problemsPage()],
    ['docs/reference/config.md', configPage(services)],
    ['docs/reference/mesh.md', meshPage()],
    ['docs/reference/limits.md', limitsPage(root)],
    ...chartFiles(root, contracts),
    ...composeFiles(root, contracts),
  ]);
  for (const service of services) {
    const document = await openApiDocument(service);
    if (document !== undefined) files.set(`${OPEN_API_FOLDER}/${service.definition.name}.json`, document);
    const baseUrl = COLLECTIONS.get(service.definition.name);
    if (baseUrl !== undefined)
      files.set(
        `${POSTMAN_FOLDER}/${service.definition.name}.postman_collection.json`,
        await postmanCollection(service, baseUrl),
      );
  }
  return files;
}

/** Documents and dashboards of services that are gone or renamed. */
function leftovers(files) {
  const present = (folder) => (existsSync(join(root, folder)) ? readdirSync(join(root, folder)) : []);
  return FOLDERS.flatMap((folder) => present(folder).map((name) => `${folder}/${name}`)).filter(
    (path) => !files.has(path),
  );
}

function read(path) {
  return existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : undefined;
}

const files = await pages();
const stale = leftovers(files);
const differing = [
  ...[...files].filter(([path, text]) => read(path) !== text).map(([path]) => path),
  ...stale,
];
if (!check) {
  for (const path of differing) {
    const text = files.get(path);
    if (text === undefined) {
      rmSync(join(root, path));
      continue;
    }
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}
let failed = check && differing.length > 0;
if (differing.length > 0) {
  const verb = check ? 'differ from the code, run npm run generate' : 'written';
  process.stdout.write(`${verb}: ${differing.join(', ')}\n`);
}
for (const program of programs.filter((path) => existsSync(join(root, path)))) {
  const { status } = spawnSync(process.execPath, [join(root, program), ...(check ? ['--check'] : [])], {
    stdio: 'inherit',
  });
  failed ||= status !== 0;
}
// Imported services may hold timers; nothing is left to do.
process.exit(failed ? 1 : 0);
