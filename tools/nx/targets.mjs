// Gives every package below libs and apps the same targets, so that no package lists them:
//   build      tsc -b of the package and of what it references
//   test       its specs but those of whole stacks and the exhaustive ones
//   lint       eslint
//   typecheck  tsc -b of the sources and the specs
import { dirname } from 'node:path';

/** Whatever changes the outcome of every package. */
const everywhere = [
  '{workspaceRoot}/package-lock.json',
  '{workspaceRoot}/tsconfig.base.json',
  '{workspaceRoot}/jest.config.mjs',
  '{workspaceRoot}/eslint.config.mjs',
  '{workspaceRoot}/{tools,docs,models}/**/*',
  // One spec runs what all of them show.
  '{workspaceRoot}/{apps,libs}/*/README.md',
];

const target = (command, more) => ({
  executor: 'nx:run-commands',
  options: { command, cwd: '{workspaceRoot}' },
  cache: true,
  inputs: ['default', '^default', ...everywhere, { runtime: 'node --version' }],
  ...more,
});

const targetsOf = (root, name) => ({
  // It builds what it references by itself; two at once would write the same files.
  build: target(`tsc -b ${root}/tsconfig.lib.json`, { cache: false, parallelism: false }),
  typecheck: target(`tsc -b ${root}`, { cache: false, parallelism: false }),
  lint: target(`eslint ${root} --max-warnings 0`),
  // Specs start programs as they were built; one run has workers for the whole machine.
  test: target(`node tools/bootstrap.mjs && node tools/jest.mjs quick --selectProjects ${name}`, {
    parallelism: false,
  }),
});

export const name = 'touchstone-targets';

/** What Nx asks of a plugin. */
export const createNodesV2 = [
  '{libs,apps}/*/package.json',
  (files) =>
    files.map((file) => {
      const root = dirname(file);
      const [, project] = root.split('/');
      return [file, { projects: { [root]: { root, targets: targetsOf(root, project) } } }];
    }),
];
