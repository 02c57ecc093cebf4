// Checks the protos: their style, and that clients of the last release can go on.
//   node tools/proto.mjs            lint, and compare with libs/contracts/baseline.binpb
//   node tools/proto.mjs --accept   makes the present protos the baseline: with a release, or to accept a break (docs/grpc.md)
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const BASELINE = 'baseline.binpb';
const folder = fileURLToPath(new URL('../libs/contracts', import.meta.url));
const require = createRequire(import.meta.url);
const buf = require.resolve('@bufbuild/buf/bin/buf');

function runs(...args) {
  const { status } = spawnSync(process.execPath, [buf, ...args], { cwd: folder, stdio: 'inherit' });
  return status === 0;
}

const { values } = parseArgs({ options: { accept: { type: 'boolean' } } });
const passed = runs('lint');
if (values.accept) {
  // Without comments, so that a comment is no change.
  if (!passed || !runs('build', '--exclude-source-info', '-o', BASELINE)) process.exitCode = 1;
} else if (!runs('breaking', '--against', BASELINE)) {
  process.stderr.write('proto: clients of the last release would break: docs/grpc.md says what to do.\n');
  process.exitCode = 1;
} else if (!passed) process.exitCode = 1;
