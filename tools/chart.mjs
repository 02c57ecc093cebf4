// Checks the chart: node tools/chart.mjs render | test
//   render  lint and render every variant, and try what has to be refused
//   test    render, what an API server admits, and a trial: the objects of ci/trial-values.yaml run as processes from the images
// helm, NATS and the API server are built from their Go modules when they are not in the cache. The trial needs root, Linux, buildah,
// nftables and psql.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startApiServer } from './chart/api-server.mjs';
import * as binaries from './chart/binaries.mjs';
import { checkAdmission, checkRefusals, checkRendering } from './chart/check.mjs';
import { bundleNextVersion, CHANGED_SERVICE } from './chart/trial/next/build.mjs';
import { runTrial } from './chart/trial.mjs';
import { variants } from './chart/variants.mjs';
import { Claims } from './claims.mjs';
import { findEngine, run } from './images/engine.mjs';
import { images } from './images/programs.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const chart = join(root, 'k8s/charts/touchstone');

const buildImages = (tag, ...more) =>
  run(
    process.execPath,
    [join(root, 'tools/images.mjs'), '--no-try', '--tag', tag, '--engine', 'buildah', ...more],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );

/** Images of two versions, so that a release can go from one to the other and back; the second one changes a schema. */
async function taggedImages() {
  const [first, second] = ['trial-1', 'trial-2'];
  const work = mkdtempSync(join(tmpdir(), 'touchstone-next-'));
  try {
    buildImages(first);
    const { tag } = findEngine('buildah');
    for (const { name } of images) tag(`touchstone/${name}:${first}`, `touchstone/${name}:${second}`);
    const [bundles, out] = [join(work, 'bundles'), join(work, 'images')];
    await bundleNextVersion(bundles);
    buildImages(second, '--only', CHANGED_SERVICE, '--bundles', bundles, '--out', out);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return [first, second];
}

/** Says how long a part took. */
async function timed(part, work) {
  const started = performance.now();
  const result = await work();
  process.stderr.write(`chart: ${part} took ${Math.round((performance.now() - started) / 1_000)} s\n`);
  return result;
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
    await timed('admission', () => admission(context));
    const tags = await timed('building the images', taggedImages);
    claims.check('the trial holds', (await timed('the trial', () => runTrial(tags))) === 0);
  }
  claims.finish();
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`chart: ${error.message}\n`);
  process.exit(1);
}
