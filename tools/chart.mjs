// Checks the chart: node tools/chart.mjs render | test
//   render  lint and render every variant, and try what has to be refused
//   test    render, what an API server admits, and a trial: the objects of ci/trial-values.yaml run as processes from the images
// helm, NATS and the API server are built from their Go modules when they are not in the cache. The trial needs root, Linux, buildah,
// nftables and psql.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startApiServer } from './chart/api-server.mjs';
import * as binaries from './chart/binaries.mjs';
import { checkAdmission, checkRefusals, checkRendering } from './chart/check.mjs';
import { runTrial } from './chart/trial.mjs';
import { variants } from './chart/variants.mjs';
import { Claims } from './claims.mjs';
import { findEngine, run } from './images/engine.mjs';
import { images } from './images/programs.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const chart = join(root, 'k8s/charts/touchstone');

/** The images as two tags, so that a release can go from one to the other and back. */
function taggedImages() {
  const [first, second] = ['trial-1', 'trial-2'];
  run(process.execPath, [join(root, 'tools/images.mjs'), '--no-try', '--tag', first, '--engine', 'buildah'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { tag } = findEngine('buildah');
  for (const { name } of images) tag(`touchstone/${name}:${first}`, `touchstone/${name}:${second}`);
  return [first, second];
}

async function admission(context) {
  const server = await startApiServer({
    etcd: binaries.etcd(),
    apiServer: binaries.apiServer(),
    kubectl: binaries.kubectl(),
  });
  try {
    checkAdmission({ ...context, server, definitions: binaries.definitions() });
  } finally {
    await server.stop();
  }
}

async function main([mode = 'render', ...rest]) {
  if (!['render', 'test'].includes(mode) || rest.length > 0)
    throw new Error('Usage: node tools/chart.mjs render|test');
  const claims = new Claims('chart');
  const context = { helm: binaries.helm(), chart, all: variants(chart), check: claims.check };
  checkRendering(context);
  checkRefusals(context);
  if (mode === 'test') {
    await admission(context);
    claims.check('the trial holds', (await runTrial(taggedImages())) === 0);
  }
  claims.finish();
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`chart: ${error.message}\n`);
  process.exit(1);
}
