// Runs every gate, as many at once as there are processors, and prints one line for each; the output of a gate is shown when it fails, or
// has to be seen.
//   node tools/verify.mjs             all gates
//   node tools/verify.mjs --no-tests  all that run no specs
//   node tools/verify.mjs lint knip   the named gates
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';

const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;
const root = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);
const node = process.execPath;
const quietNx = { NX_DAEMON: 'false', NX_NO_CLOUD: 'true', NX_TUI: 'false' };

/** The longest first; what a gate reads of another one (the project graph, `dist`) stands in `after`. */
const gates = [
  // The boundary rule reads the cached project graph and skips itself without one, so it is computed afresh.
  { name: 'graph', arguments: [require.resolve('nx/bin/nx'), 'show', 'projects'], environment: quietNx },
  { name: 'types', arguments: [require.resolve('typescript/bin/tsc'), '-b'] },
  {
    name: 'promises',
    after: ['types'],
    arguments: [
      `${root}node_modules/eslint/bin/eslint.js`,
      ...['--config', 'eslint.types.config.mjs', 'apps', 'libs', '--max-warnings', '0'],
    ],
  },
  { name: 'format', arguments: [require.resolve('prettier/bin/prettier.cjs'), '--check', '.'] },
  {
    name: 'lint',
    after: ['graph'],
    arguments: [`${root}node_modules/eslint/bin/eslint.js`, '.', '--max-warnings', '0'],
  },
  { name: 'rules', after: ['types'], arguments: [`${root}tools/rules.mjs`] },
  {
    name: 'knip',
    after: ['types'],
    arguments: [`${root}node_modules/knip/bin/knip.js`, '--no-config-hints'],
  },
  { name: 'generated', after: ['types'], arguments: [`${root}tools/generated.mjs`, '--check'] },
  { name: 'boundaries', after: ['graph', 'types'], arguments: [`${root}tools/boundaries.mjs`] },
  { name: 'licences', arguments: [`${root}tools/licences.mjs`] },
  { name: 'secrets', arguments: [`${root}tools/secret-scan.mjs`] },
  // Without a registry it passes and judges nothing, which is to be seen.
  { name: 'audit', arguments: [`${root}tools/audit.mjs`], isShown: true },
  { name: 'limits', arguments: [`${root}tools/limit-tests.mjs`] },
  { name: 'proto', arguments: [`${root}tools/proto.mjs`] },
  // What others trust is covered whole; the other packages are measured by `npm run coverage`, which takes as long as their specs.
  {
    name: 'coverage',
    runsSpecs: true,
    isAlone: true,
    arguments: [
      `${root}tools/coverage.mjs`,
      ...[
        'canonical-json',
        'content-address',
        'merkle',
        'groth16',
        'crypto',
        'chain-proofs',
        'event-batch',
        'evidence',
        'onnx',
        'integer-model',
        'circuit',
      ],
    ],
  },
  { name: 'tests', runsSpecs: true, isAlone: true, arguments: [`${root}tools/jest.mjs`] },
];

function selectGates(args) {
  const names = args.filter((argument) => argument !== '--no-tests');
  const unknown = names.filter((name) => !gates.some((gate) => gate.name === name));
  if (unknown.length > 0) {
    const known = gates.map((gate) => gate.name).join(', ');
    process.stderr.write(
      `verify: unknown gate ${unknown.join(', ')}. Gates: ${known}; option: --no-tests.\n`,
    );
    process.exit(2);
  }
  if (names.length > 0) return gates.filter((gate) => names.includes(gate.name));
  return args.includes('--no-tests') ? gates.filter((gate) => !gate.runsSpecs) : gates;
}

function run(gate) {
  const started = performance.now();
  const options = {
    cwd: root,
    env: { ...process.env, ...gate.environment },
    encoding: 'utf8',
    maxBuffer: OUTPUT_BYTES_MAX,
  };
  return new Promise((resolve) => {
    execFile(node, gate.arguments, options, (error, stdout, stderr) => {
      const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(6);
      process.stdout.write(`${error ? 'FAIL' : 'pass'}  ${gate.name.padEnd(12)}${seconds} s\n`);
      if (error) process.stdout.write(`${stdout}${stderr}${stdout || stderr ? '' : error.message}\n`);
      else if (gate.isShown) process.stdout.write(stdout);
      resolve(error === null);
    });
  });
}

/** Runs the gates and returns those that failed. One that waits for another runs when that ended, however it did. */
async function runAll(selected) {
  const names = new Set(selected.map(({ name }) => name));
  const [waiting, running, failed] = [[...selected], new Map(), []];
  const isReady = ({ after = [], isAlone = false }) =>
    isAlone ? running.size === 0 : !after.some((name) => names.has(name));
  const start = (gate) => {
    waiting.splice(waiting.indexOf(gate), 1);
    const ended = run(gate).then((passed) => {
      if (!passed) failed.push(gate);
      names.delete(gate.name);
      running.delete(gate.name);
    });
    running.set(gate.name, ended);
    return gate.isAlone ? ended : undefined;
  };
  while (waiting.length + running.size > 0) {
    const next = running.size < availableParallelism() ? waiting.find(isReady) : undefined;
    await (next === undefined ? Promise.race(running.values()) : start(next));
  }
  return failed;
}

const failed = await runAll(selectGates(process.argv.slice(2)));
if (failed.length > 0) {
  process.stdout.write(`verify: ${failed.map((gate) => gate.name).join(', ')} did not pass.\n`);
  process.exitCode = 1;
}
