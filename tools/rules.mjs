// Checks the rules that the chart brings for Prometheus and the configuration of the one on one host, and runs the rules' tests: node
// tools/rules.mjs
// promtool is taken from the PATH, or unpacked from the distribution's package into the cache folder. Without it nothing is checked,
// which is an error where CI is set.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder, unpackPackagedProgram } from '../libs/embedded/dist/index.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const RULES = join(root, 'k8s/charts/touchstone/files/rules');
const TESTS = join(root, 'k8s/tests/rules');
const CONFIG = join(root, 'deploy/prometheus/prometheus.yaml');

const runs = (path) => spawnSync(path, ['--version'], { stdio: 'ignore' }).status === 0;

async function promtool() {
  if (runs('promtool')) return 'promtool';
  const folder = join(cacheFolder(), 'prometheus-apt');
  const path = join(folder, 'promtool');
  if (!existsSync(path)) {
    process.stderr.write(
      `rules: promtool is not on PATH: unpacking the distribution's package into ${folder}.\n`,
    );
    await unpackPackagedProgram({ package: 'prometheus', path: 'usr/bin/promtool' }, folder);
  }
  if (!runs(path)) throw new Error(`${path} does not run`);
  return path;
}

const filesOf = (folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => join(folder, name));

function run(tool, args) {
  const { status, stdout, stderr } = spawnSync(tool, args, { cwd: TESTS, encoding: 'utf8' });
  const passed = status === 0;
  process.stdout.write(`${passed ? 'pass' : 'FAIL'}  promtool ${args[0]} ${args[1]}\n`);
  if (!passed) process.stdout.write(`${stdout}${stderr}`);
  return passed;
}

async function main() {
  let tool;
  try {
    tool = await promtool();
  } catch (error) {
    const missing = `rules: no promtool, the rules are not checked. Install the package prometheus. Tried: ${error.message}\n`;
    process.stderr.write(missing);
    process.exitCode = process.env.CI ? 1 : 0;
    return;
  }
  const passed = [
    run(tool, ['check', 'rules', ...filesOf(RULES)]),
    run(tool, ['test', 'rules', ...filesOf(TESTS)]),
    run(tool, ['check', 'config', '--syntax-only', CONFIG]),
  ];
  if (passed.includes(false)) process.exitCode = 1;
}

await main();
