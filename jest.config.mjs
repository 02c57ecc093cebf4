import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { testPackages } from './tools/test-packages.mjs';

const root = fileURLToPath(new URL('.', import.meta.url));

/**
 * Projects whose specs talk to a real PostgreSQL and NATS: those that stand on their libraries. `globalSetup` starts the
 * servers once for all of them.
 */
function needsServers(folder) {
  const {
    name,
    dependencies = {},
    devDependencies = {},
  } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
  const all = [name, ...Object.keys(dependencies), ...Object.keys(devDependencies)];
  return all.some((known) => ['nats', 'postgres', 'service'].includes(known.replace('@touchstone/', '')));
}

const swc = {
  swcrc: false,
  sourceMaps: 'inline',
  module: { type: 'es6' },
  jsc: {
    target: 'es2022',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
    keepClassNames: true,
  },
};

const packages = await testPackages();

const projects = ['libs', 'apps', 'tools'].flatMap((group) =>
  readdirSync(`${root}${group}`, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(`${root}${group}/${entry.name}/package.json`))
    .map((entry) => ({
      displayName: entry.name,
      rootDir: `${root}${group}/${entry.name}`,
      testEnvironment: `${root}tools/jest-environment.mjs`,
      testEnvironmentOptions: { customExportConditions: ['@touchstone/source', 'node', 'node-addons'] },
      roots: ['<rootDir>'],
      testMatch: ['<rootDir>/src/**/*.spec.ts', '<rootDir>/test/**/*.spec.{ts,mjs}'],
      modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/bundle', '<rootDir>/dist-spec'],
      extensionsToTreatAsEsm: ['.ts'],
      transform: { '^.+\\.ts$': ['@swc/jest', swc] },
      moduleNameMapper: { ...packages, '^(\\.{1,2}/.*)\\.js$': '$1' },
      ...(needsServers(`${root}${group}/${entry.name}`)
        ? {
            globalSetup: `${root}tools/jest-global-setup.mjs`,
            globalTeardown: `${root}tools/jest-global-teardown.mjs`,
          }
        : {}),
    })),
);

// Node keeps the ES modules of a finished spec: a worker grows to gigabytes and spends its time collecting them.
const workerIdleMemoryLimit = '512MB';

export default { projects, maxWorkers: 3, workerIdleMemoryLimit, testTimeout: 30_000 };
