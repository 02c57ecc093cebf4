// Starts the embedded stack in a folder of its own under the system's temporary folder, and removes it afterwards.
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serviceNames } from '../../libs/contracts/dist/index.js';
import { resetState, startStack } from '../../libs/embedded/dist/index.js';

export const checkout = fileURLToPath(new URL('../..', import.meta.url));

/** Settings that give answers away, so that only the way of the answer is measured. */
export const withoutPayment = { 'inference-gateway': { TOUCHSTONE_PAYMENT_MODE: 'off' } };

/** With BENCH_PROFILE=folder every service writes a CPU profile there when it ends; the figures then do not count. */
export function profiled(settings) {
  const folder = process.env['BENCH_PROFILE'];
  if (!folder) return settings;
  const options = {
    BENCH_PROFILE: folder,
    NODE_OPTIONS: `--import=${new URL('profile.mjs', import.meta.url)}`,
  };
  return Object.fromEntries(serviceNames.map((name) => [name, { ...settings[name], ...options }]));
}

/**
 * Runs `measure({ stack, stateDir })` on a running stack of all services; a service that ends meanwhile fails the run.
 * PostgreSQL and NATS sync to disk as in production.
 */
export async function withStack(settings, measure) {
  const parent = mkdtempSync(join(tmpdir(), 'touchstone-bench-'));
  // PostgreSQL may run as another user, who has to come through.
  chmodSync(parent, 0o711);
  const stateDir = join(parent, 'state');
  let broken;
  const failed = new Promise((_resolve, reject) => (broken = reject));
  failed.catch(() => undefined);
  const cut = (signal) => broken(new Error(`The run was cut short by ${signal}.`));
  process.once('SIGINT', cut).once('SIGTERM', cut);
  let stack;
  try {
    stack = await startStack({
      root: checkout,
      stateDir,
      services: serviceNames,
      restart: false,
      settings,
      onExit: (part, exit) => broken(new Error(`${part} ended (${exit}).`)),
    });
    return await Promise.race([measure({ stack, stateDir }), failed]);
  } finally {
    await stack?.stop();
    process.off('SIGINT', cut).off('SIGTERM', cut);
    resetState(stateDir);
    rmSync(parent, { recursive: true, force: true });
  }
}

/** Request bodies of a sample model: its held-out rows, or for sentiment sixty token ids that differ. */
export function sampleBodies(model) {
  const folder = join(checkout, 'models', model);
  const { inputs } = JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8'));
  const [{ name, datatype, shape }] = inputs;
  const heldOut = join(folder, 'held-out.json');
  const rows = existsSync(heldOut)
    ? JSON.parse(readFileSync(heldOut, 'utf8')).rows.map(({ values }) => values)
    : Array.from({ length: 100 }, (_, row) => Array.from({ length: shape[1] }, (_, at) => 1 + row * 30 + at));
  return rows.map((data) => JSON.stringify({ inputs: [{ name, datatype, shape, data }] }));
}

/** Waits until `condition` gives something true, and returns it. */
export async function until(what, condition, timeoutMs = 30_000) {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() > deadline) throw new Error(`${what} did not happen within ${timeoutMs} ms.`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
