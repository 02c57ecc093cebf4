// Checks deploy/compose.yaml, alone and with compose.prover.yaml: node tools/compose.mjs check | test
//   check  the loader of docker compose takes it, and what has to hold of it beside that
//   test   check, and a trial: its containers run as processes from the images, answer one request, prove one, and one of them is killed
// The loader and the NATS server are built from their Go modules when they are not in the cache. The trial needs root, Linux, buildah,
// nftables, psql, and the images: node tools/images.mjs --no-try --tag compose --engine buildah
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { natsServer } from './chart/binaries.mjs';
import { Claims } from './claims.mjs';
import { checkProject } from './compose/check.mjs';
import { busybox } from './compose/images.mjs';
import { addProver, installationOf, loadProject } from './compose/model.mjs';
import { checkProverRefusals, checkRefusals } from './compose/refusals.mjs';
import { runInNetwork } from './containers/in-network.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const TRIAL = fileURLToPath(new URL('compose/trial.mjs', import.meta.url));
/** Of the images that a trial runs. */
const TAG = 'compose';

function check(claims) {
  const installation = installationOf(root);
  try {
    const model = loadProject(installation.deploy, ['*']);
    const env = parseEnv(readFileSync(join(installation.deploy, '.env'), 'utf8'));
    checkProject({ root, model, env, check: claims.check });
    checkRefusals({ root, installation, model, env, check: claims.check });
    addProver(installation.deploy);
    const proving = { root, model: loadProject(installation.deploy, ['*']), env, check: claims.check };
    checkProject({ ...proving, prover: true });
    checkProverRefusals(proving);
  } finally {
    installation.remove();
  }
}

async function main([mode, ...rest]) {
  if (!['check', 'test'].includes(mode) || rest.length > 0)
    throw new Error('Usage: node tools/compose.mjs check|test');
  const claims = new Claims('compose');
  check(claims);
  if (mode === 'test') {
    // Into the cache: nothing is reached from inside of a trial.
    natsServer();
    await busybox();
    claims.check('the trial holds', (await runInNetwork(TRIAL, [TAG])) === 0);
  }
  claims.finish();
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`compose: ${error.message}\n`);
  process.exit(1);
}
