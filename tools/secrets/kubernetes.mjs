// The secrets of an installation on Kubernetes: one manifest for kubectl, and a script for psql.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { passwordVariable } from '../../libs/embedded/dist/index.js';
import { rolesScript } from './make.mjs';

const roles = fileURLToPath(new URL('../../deploy/postgres/roles.sql', import.meta.url));

/** Everything by the name of its Secret. */
function namedSecrets({ release }, { services, nats, batchToken }) {
  const full = release.includes('touchstone') ? release : `${release}-touchstone`;
  return {
    ...Object.fromEntries(Object.entries(services).map(([name, keys]) => [`${full}-${name}`, keys])),
    [`${full}-provisioner`]: { NATS_PASSWORD: nats.provisioner },
    // The server takes a password that looks like a number for one, unless it is quoted.
    [`${full}-nats`]: Object.fromEntries(
      Object.entries(nats).map(([user, password]) => [passwordVariable(user), `"${password}"`]),
    ),
    [`${full}-test`]: { token: batchToken },
  };
}

const manifest = (namespace, [name, stringData]) =>
  stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, type: 'Opaque', stringData });

/** @returns files by their path below the folder, and what to do with them */
export function kubernetesFiles(options, made) {
  const { namespace, database, out } = options;
  const files = {
    'secrets.yaml': Object.entries(namedSecrets(options, made))
      .map((entry) => manifest(namespace, entry))
      .join('---\n'),
    'roles.sql': rolesScript({ database, databases: made.databases, roles }),
    'operator-token': made.operatorToken,
  };
  const next = [`  psql -f ${join(out, 'roles.sql')}`, `  kubectl apply -f ${join(out, 'secrets.yaml')}`];
  return { files, next };
}
