// Checks the chart: node tools/chart.mjs render | test
//   render  lint and render every variant, and try what has to be refused
//   test    render, and what an API server admits
// helm and the API server are built from their Go modules when they are not in the cache.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startApiServer } from './chart/api-server.mjs';
import * as binaries from './chart/binaries.mjs';
import { checkAdmission, checkRefusals, checkRendering } from './chart/check.mjs';
import { variants } from './chart/variants.mjs';
import { Claims } from './claims.mjs';

const chart = join(fileURLToPath(new URL('..', import.meta.url)), 'k8s/charts/touchstone');

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
  if (mode === 'test') await admission(context);
  claims.finish();
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`chart: ${error.message}\n`);
  process.exit(1);
}
