// Prepares a fresh clone with nothing but Node and npm: checks Node, installs when the lock file changed, builds.
// Uses no dependency, because none is installed yet when it starts.
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const NODE_MIN = [20, 19];
const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = `${root}node_modules/.touchstone-lock-sha256`;

function fail(message) {
  process.stderr.write(`bootstrap: ${message}\n`);
  process.exit(5);
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1])) return;
  fail(
    `Node ${process.versions.node} is too old: install Node ${NODE_MIN.join('.')} or newer and run this again.`,
  );
}

function run(label, command, args, environment = {}) {
  const started = Date.now();
  process.stderr.write(`bootstrap: ${label} … `);
  const result = spawnSync(command, args, {
    cwd: root,
    env: { ...process.env, ...environment },
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (result.error || result.status !== 0) {
    process.stderr.write(
      `failed\n${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}\n`,
    );
    fail(`${[command, ...args].join(' ')} did not succeed; its output is above.`);
  }
  process.stderr.write(`${((Date.now() - started) / 1000).toFixed(1)} s\n`);
}

checkNode();
const lockHash = createHash('sha256')
  .update(readFileSync(`${root}package-lock.json`))
  .digest('hex');
const installed = existsSync(stamp) ? readFileSync(stamp, 'utf8') : '';
if (installed !== lockHash) {
  // The CPU library of onnxruntime-node ships in its package; its install script only downloads GPU libraries.
  run('npm ci', process.platform === 'win32' ? 'npm.cmd' : 'npm', ['ci', '--no-audit', '--no-fund'], {
    ONNXRUNTIME_NODE_INSTALL: 'skip',
  });
  mkdirSync(`${root}node_modules`, { recursive: true });
  writeFileSync(stamp, lockHash);
}
run('build', process.execPath, [`${root}node_modules/typescript/bin/tsc`, '-b', 'tsconfig.build.json']);
run('bundle', process.execPath, [`${root}tools/bundle.mjs`]);
