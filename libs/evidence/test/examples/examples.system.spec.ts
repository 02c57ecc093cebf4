import { beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import {
  blocksOf,
  coreLibraries,
  type Example,
  libraryExamples,
  packageFolders,
  readmeOf,
  statesResult,
  tsdocExamplesOf,
} from './collect.js';

const RUN_TIMEOUT_MS = 60_000;
const runner = fileURLToPath(new URL('./run.mjs', import.meta.url));

/** What is wrong with each example, by its name; compiled and run by one process outside of Jest, as a user's would be. */
function runExamples(examples: readonly Example[]): Promise<Record<string, string>> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      process.execPath,
      ['--experimental-vm-modules', '--no-warnings', runner],
      { timeout: RUN_TIMEOUT_MS },
      (error, stdout) => (error ? reject(error) : resolve(JSON.parse(stdout) as Record<string, string>)),
    );
    child.stdin?.end(JSON.stringify(examples));
  });
}

const folders = packageFolders();
const pages = folders.flatMap((folder) => blocksOf(`${folder}/README.md`, readmeOf(folder) ?? ''));
const comments = coreLibraries.flatMap(libraryExamples);
const shown = [...pages, ...comments];

/** What the runner must refuse: an example that is wrong in one of these ways would fail as they do. */
const wrong: readonly (Example & { says: RegExp })[] = [
  {
    name: 'a wrong result',
    code: "import assert from 'node:assert/strict';\nassert.equal(1 + 1, 3);\n",
    says: /strictly equal/,
  },
  {
    name: 'a wrong result of a package',
    code: "import assert from 'node:assert/strict';\nimport { canonicalJson } from '@touchstone/canonical-json';\nassert.equal(canonicalJson([1.0]), '[1.0]');\n",
    says: /\[1\]/,
  },
  {
    name: 'a promise that fails',
    code: "await Promise.reject(new Error('later'));\nexport {};\n",
    says: /later/,
  },
  {
    name: 'a wrong type',
    code: "const size: number = 'five';\nexport { size };\n",
    says: /line 1: Type 'string'/,
  },
  {
    name: 'a name that no package exports',
    code: "import { verify } from '@touchstone/evidence';\nverify();\n",
    says: /no exported member/,
  },
];

describe('examples', () => {
  let findings: Record<string, string>;

  beforeAll(async () => {
    findings = await runExamples([...shown, ...wrong]);
  }, RUN_TIMEOUT_MS);

  it.each(folders)('%s has a README', (folder) => {
    expect(readmeOf(folder)?.startsWith(`# @touchstone/${folder.split('/')[1]}\n`)).toBe(true);
  });

  it.each([...coreLibraries, 'contracts'])('the README of libs/%s shows how it is called', (library) => {
    expect(pages.some(({ name }) => name.startsWith(`libs/${library}/README.md:`))).toBe(true);
  });

  it.each(shown.map((example) => [example.name, example] as const))(
    '%s states a result',
    (_name, example) => {
      expect(statesResult(example)).toBe(true);
    },
  );

  it.each(shown.map(({ name }) => name))('%s compiles and runs', (name) => {
    expect(findings[name]).toBeUndefined();
  });

  it.each(wrong)('$name is found', ({ name, says }) => {
    expect(findings[name]).toMatch(says);
  });
});

describe('the collector', () => {
  const comment = (...lines: string[]): string =>
    ['/**', ...lines.map((line) => ` * ${line}`), ' */', 'export function f(): void {}', ''].join('\n');

  it('reads each block of a page, named by its first line', () => {
    expect(
      blocksOf('a.md', '# A\n\n```ts\none();\n```\n\n```sh\ntwo\n```\n\n```ts\nthree();\n```\n'),
    ).toEqual([
      { name: 'a.md:4', code: 'one();\n' },
      { name: 'a.md:12', code: 'three();\n' },
    ]);
  });

  it('reads the block of an @example and nothing behind the next tag', () => {
    const text = comment('Says.', '', '@example', '```ts', 'one();', '  two();', '```', '@throws Error');
    expect(tsdocExamplesOf('a.ts', text)).toEqual([{ name: 'a.ts:4', code: 'one();\n  two();\n' }]);
  });

  it.each([
    ['without a block', ['@example', 'one();']],
    ['with a block of another language', ['@example', '```js', 'assert(1);', '```']],
    ['with two blocks', ['@example', '```ts', 'assert(1);', '```', '```ts', 'assert(2);', '```']],
    ['with a block that states nothing', ['@example', '```ts', 'one();', '```']],
    ['that only mentions an assertion', ['@example', 'assert(1)', '```ts', 'one(); // asserts', '```']],
  ])('takes an @example %s for one that states no result', (_name, lines) => {
    const examples = tsdocExamplesOf('a.ts', comment(...lines));
    expect(examples).toHaveLength(1);
    expect(examples.map(statesResult)).toEqual([false]);
  });
});
