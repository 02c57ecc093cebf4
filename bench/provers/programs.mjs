// The provers as programs: each is timed from its start to its end, since that is how they are used. Nothing of them is imported.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const checkout = fileURLToPath(new URL('../..', import.meta.url));
const proverScript = join(checkout, 'apps/zk-prover/bin/touchstone-zk-prover.js');
const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'touchstone');
const SAMPLE_MS = 20;
/** The largest powers that the prover makes. */
const PROVER_LOG2_MAX = 14;
const ENTROPY_BYTES = 64;

/** snarkjs as the prover calls it: a process of its own. */
export function snarkjs() {
  const require = createRequire(join(checkout, 'apps/zk-prover/package.json'));
  return [process.execPath, join(dirname(require.resolve('snarkjs')), 'cli.cjs')];
}

/** The native prover where there is one: on `PATH`, or where `touchstone zk prover install-native` puts it. */
export function nativeProver() {
  const share = process.env.XDG_DATA_HOME ?? join(homedir(), '.local/share');
  const folders = [...(process.env.PATH ?? '').split(delimiter), join(share, 'touchstone/bin')];
  const found = folders.map((folder) => join(folder, 'snarkrs')).find(isRunnable);
  return found && [found];
}

/** The Python with EZKL that the system specs keep in the cache. */
export function pythonOfEzkl() {
  const found = join(cache, 'python-ezkl-23.0.5-onnx-1.23.2/bin/python');
  return isRunnable(found) ? found : undefined;
}

function isRunnable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Runs a program to its end. @returns seconds, and the most resident memory in MiB as seen every 20 ms */
export async function timed([command, ...words], args, input = '') {
  const startedMs = performance.now();
  const child = spawn(command, [...words, ...args], { stdio: ['pipe', 'ignore', 'pipe'] });
  child.stdin.on('error', () => undefined).end(input);
  let said = '';
  child.stderr.on('data', (data) => (said += data));
  let mebibytes = 0;
  const timer = setInterval(() => (mebibytes = Math.max(mebibytes, mostMebibytes(child.pid))), SAMPLE_MS);
  const exitCode = await new Promise((resolve, reject) => child.on('error', reject).on('exit', resolve));
  const seconds = (performance.now() - startedMs) / 1_000;
  clearInterval(timer);
  if (exitCode !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${exitCode}: ${said}`);
  return { seconds, mebibytes };
}

/** The kernel's own maximum so far; 0 once the process is gone. */
function mostMebibytes(pid) {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1_024;
  } catch {
    return 0;
  }
}

/**
 * Powers of tau of the prover's own cache, those of the public ceremony first. They are made there when they are missing, in minutes from
 * 2^14 on; beyond that the prover makes none, and the native program is asked itself.
 */
export async function powersOfTau(log2, native) {
  const folder = join(cache, 'ptau');
  const digits = String(log2).padStart(2, '0');
  const [published, path] = [`powersOfTau28_hez_final_${digits}`, `development-${digits}`].map((name) =>
    join(folder, `${name}.ptau`),
  );
  if (existsSync(published)) return published;
  if (existsSync(path)) return path;
  if (log2 <= PROVER_LOG2_MAX) {
    await timed([process.execPath, proverScript], ['powers', 'make', String(log2)]);
    return path;
  }
  mkdirSync(folder, { recursive: true });
  const [started, contributed, half] = ['started', 'contributed', 'half'].map((step) => `${path}.${step}`);
  await timed(native, ['powersoftau', 'new', 'bn128', String(log2), started]);
  const entropy = `${randomBytes(ENTROPY_BYTES).toString('hex')}\n`;
  await timed(native, ['powersoftau', 'contribute', started, contributed, '-n=bench'], entropy);
  await timed(native, ['powersoftau', 'prepare', 'phase2', contributed, half]);
  renameSync(half, path);
  for (const made of [started, contributed]) rmSync(made);
  return path;
}
