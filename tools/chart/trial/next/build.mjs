// Bundles the gateway of a version after this one, so that an upgrade has a schema to change.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from '../../../bundle/bundle.mjs';

/** The service whose schema the next version changes. */
export const CHANGED_SERVICE = 'inference-gateway';
const OURS = fileURLToPath(new URL('database.mjs', import.meta.url));

/** Puts our part where the service’s library imports its own. */
const nextVersion = {
  name: 'next version',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/database\.js$/ }, ({ importer }) =>
      importer.endsWith('/libs/service/dist/define-service.js') ? { path: OURS } : undefined,
    );
  },
};

/** @param bundles folder that gets the bundle, as `tools/images.mjs --bundles` takes it */
export function bundleNextVersion(bundles) {
  const program = { folder: `apps/${CHANGED_SERVICE}`, entry: 'main.js' };
  return bundle(program, { out: join(bundles, CHANGED_SERVICE), plugins: [nextVersion] });
}
