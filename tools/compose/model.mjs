// Projects of Compose, as the loader of docker compose itself reads them.
import { copyFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { composeLoader } from '../chart/binaries.mjs';
import { run } from '../images/engine.mjs';

const SECONDS = { ms: 0.001, s: 1, m: 60, h: 3_600 };

/** Milliseconds of a duration as Compose prints it: 2m0s. */
export const milliseconds = (duration) =>
  [...duration.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)].reduce(
    (sum, [, number, unit]) => sum + Number(number) * SECONDS[unit] * 1_000,
    0,
  );

/**
 * @param folder the one that compose.yaml and .env are in
 * @param env beside that of this process
 * @returns the project with its variables, profiles, paths and defaults resolved
 * @throws Error with what the loader refused
 */
export function loadProject(folder, profiles = [], env = {}) {
  return JSON.parse(run(composeLoader(), [folder, ...profiles], { env: { ...process.env, ...env } }));
}

/** Loads compose.prover.yaml of a copy with it from now on: the loader takes the two files that it looks for by itself. */
export const addProver = (deploy) =>
  copyFileSync(join(deploy, 'compose.prover.yaml'), join(deploy, 'compose.override.yaml'));

/** A copy of deploy/ with secrets of its own, away from those of this checkout. `remove` takes it away. */
export function installationOf(root) {
  const parent = mkdtempSync(join(tmpdir(), 'touchstone-compose-'));
  const deploy = join(parent, 'deploy');
  const own = ['secrets', '.env', 'compose.override.yaml'].map((name) => join(root, 'deploy', name));
  cpSync(join(root, 'deploy'), deploy, { recursive: true, filter: (path) => !own.includes(path) });
  cpSync(join(root, 'k8s/charts/touchstone/files'), join(parent, 'k8s/charts/touchstone/files'), {
    recursive: true,
  });
  const secrets = join(deploy, 'secrets');
  run(process.execPath, [join(root, 'tools/secrets.mjs'), '--compose', '--out', secrets]);
  return { parent, deploy, secrets, remove: () => rmSync(parent, { recursive: true, force: true }) };
}
