import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../..', import.meta.url));
const NAME = 'field-notes';
/** A build of most of the repository, on a machine that runs other specs beside it. */
const STEP_TIMEOUT_MS = 900_000;

/** The checkout of a developer: every file that is or would be committed, what is built, and the packages. */
async function copyCheckout(): Promise<string> {
  const copy = mkdtempSync(join(tmpdir(), 'touchstone-generator-'));
  const { stdout } = await run('git', ['ls-files', '-co', '--exclude-standard', '-z'], {
    cwd: root,
    maxBuffer: 16_777_216,
  });
  for (const path of stdout.split('\0')) {
    if (path === '' || path.startsWith('models/') || !existsSync(join(root, path))) continue;
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    cpSync(join(root, path), join(copy, path));
  }
  symlinkSync(join(root, 'models'), join(copy, 'models'));
  await run('git', ['init', '-q'], { cwd: copy });
  const packages = ['apps', 'libs'].flatMap((group) =>
    readdirSync(join(root, group)).map((name) => `${group}/${name}`),
  );
  for (const name of packages) {
    const dist = join(root, name, 'dist');
    if (existsSync(dist))
      cpSync(dist, join(copy, name, 'dist'), { recursive: true, preserveTimestamps: true });
    const own = join(root, name, 'node_modules');
    if (existsSync(own)) symlinkSync(own, join(copy, name, 'node_modules'));
  }
  mkdirSync(join(copy, 'node_modules/@touchstone'), { recursive: true });
  for (const entry of readdirSync(join(root, 'node_modules')))
    if (entry !== '@touchstone')
      symlinkSync(join(root, 'node_modules', entry), join(copy, 'node_modules', entry));
  for (const name of [...packages, 'tools/workspace', `apps/${NAME}`])
    symlinkSync(join('../..', name), join(copy, 'node_modules/@touchstone', name.split('/')[1] as string));
  return copy;
}

describe('nx g @touchstone/workspace:service', () => {
  let copy: string;
  let generated: string;
  const command = async (...args: readonly string[]): Promise<string> => {
    const [program, ...rest] = args;
    const { stdout, stderr } = await run(program as string, rest, {
      cwd: copy,
      env: {
        ...process.env,
        TOUCHSTONE_VECTORS: process.env['TOUCHSTONE_VECTORS'] ?? join(root, '../shared/vectors'),
        NX_DAEMON: 'false',
        NX_CACHE_DIRECTORY: join(copy, '.nx/cache'),
        CI: 'true',
        FORCE_COLOR: '0',
        NO_COLOR: '1',
      },
      maxBuffer: 16_777_216,
    });
    return stdout + stderr;
  };
  beforeAll(async () => {
    copy = await copyCheckout();
    generated = await command('npx', 'nx', 'g', '@touchstone/workspace:service', NAME);
  }, STEP_TIMEOUT_MS);
  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  it('changes three files beside those it makes', () => {
    const updated = [...generated.matchAll(/^UPDATE (\S+)/gm)].map(([, path]) => path);
    expect(updated).toEqual(['libs/contracts/src/mesh/services.ts', 'tsconfig.json', 'tsconfig.build.json']);
  });

  it(
    'gives a service that builds with everything that stands on the table of services',
    () => command('npx', 'tsc', '-b', 'tsconfig.build.json', `apps/${NAME}`),
    STEP_TIMEOUT_MS,
  );

  it(
    'writes in the style of the others',
    async () => {
      await command('npx', 'prettier', '--check', `apps/${NAME}`, 'libs/contracts/src', 'tsconfig*.json');
      await command('npx', 'eslint', `apps/${NAME}`, 'libs/contracts/src/http', '--max-warnings', '0');
    },
    STEP_TIMEOUT_MS,
  );

  it(
    'passes its own test: migrated, ready, with figures and OpenAPI, between a real PostgreSQL and NATS',
    async () => {
      const output = await command('node', 'tools/jest.mjs', 'quick', '--selectProjects', NAME);
      expect(output).toMatch(/Tests: +2 passed, 2 total/);
    },
    STEP_TIMEOUT_MS,
  );

  it(
    'stands in the generated references',
    async () => {
      await command('node', 'tools/generated.mjs');
      for (const page of ['config.md', 'mesh.md'])
        expect(readFileSync(join(copy, 'docs/reference', page), 'utf8')).toContain(NAME);
      expect(existsSync(join(copy, `docs/reference/openapi/${NAME}.json`))).toBe(true);
    },
    STEP_TIMEOUT_MS,
  );

  it(
    'refuses a name that is taken, and one that is none',
    async () => {
      const generate = (name: string) => command('npx', 'nx', 'g', '@touchstone/workspace:service', name);
      await expect(generate('signer')).rejects.toThrow('apps/signer exists already');
      await expect(generate('../signer')).rejects.toThrow();
    },
    STEP_TIMEOUT_MS,
  );
});
