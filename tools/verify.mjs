// Runs every gate and prints one line for each; the output of a gate is shown when it fails, or has to be seen.
//   node tools/verify.mjs             all gates
//   node tools/verify.mjs --no-tests  all that run no specs
//   node tools/verify.mjs lint knip   the named gates
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';

const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;
const root = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);
const node = process.execPath;
const quietNx = { NX_DAEMON: 'false', NX_NO_CLOUD: 'true', NX_TUI: 'false' };

/** In this order: what others read (the project graph, `dist`) comes before them. */
const gates = [
  { name: 'format', arguments: [require.resolve('prettier/bin/prettier.cjs'), '--check', '.'] },
  // The boundary rule reads the cached project graph and skips itself without one, so it is computed afresh.
  { name: 'graph', arguments: [require.resolve('nx/bin/nx'), 'show', 'projects'], environment: quietNx },
  { name: 'lint', arguments: [`${root}node_modules/eslint/bin/eslint.js`, '.', '--max-warnings', '0'] },
  {
    name: 'promises',
    arguments: [
      `${root}node_modules/eslint/bin/eslint.js`,
      ...['--config', 'eslint.types.config.mjs', 'apps', 'libs', '--max-warnings', '0'],
    ],
  },
  { name: 'boundaries', arguments: [`${root}tools/boundaries.mjs`] },
  { name: 'types', arguments: [require.resolve('typescript/bin/tsc'), '-b'] },
  { name: 'knip', arguments: [`${root}node_modules/knip/bin/knip.js`, '--no-config-hints'] },
  { name: 'generated', arguments: [`${root}tools/generated.mjs`, '--check'] },
  { name: 'licences', arguments: [`${root}tools/licences.mjs`] },
  { name: 'secrets', arguments: [`${root}tools/secret-scan.mjs`] },
  // Without a registry it passes and judges nothing, which is to be seen.
  { name: 'audit', arguments: [`${root}tools/audit.mjs`], isShown: true },
  { name: 'rules', arguments: [`${root}tools/rules.mjs`] },
  { name: 'limits', arguments: [`${root}tools/limit-tests.mjs`] },
  { name: 'proto', arguments: [`${root}tools/proto.mjs`] },
  // What others trust is covered whole; the other packages are measured by `npm run coverage`, which takes as long as their specs.
  {
    name: 'coverage',
    runsSpecs: true,
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
  { name: 'tests', runsSpecs: true, arguments: [`${root}tools/jest.mjs`] },
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
  const result = spawnSync(node, gate.arguments, {
    cwd: `${root}${gate.folder ?? ''}`,
    env: { ...process.env, ...gate.environment },
    encoding: 'utf8',
    maxBuffer: OUTPUT_BYTES_MAX,
  });
  const passed = result.status === 0;
  const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(6);
  process.stdout.write(`${passed ? 'pass' : 'FAIL'}  ${gate.name.padEnd(12)}${seconds} s\n`);
  if (passed && gate.isShown) process.stdout.write(result.stdout);
  if (!passed) {
    process.stdout.write(`${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}\n`);
  }
  return passed;
}

const failed = selectGates(process.argv.slice(2)).filter((gate) => !run(gate));
if (failed.length > 0) {
  process.stdout.write(`verify: ${failed.map((gate) => gate.name).join(', ')} did not pass.\n`);
  process.exitCode = 1;
}
