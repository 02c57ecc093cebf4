// The secrets of an installation on one host: one file for each, as deploy/compose.yaml names them, and the settings beside them.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { passwordVariable, randomSecret } from '../../libs/embedded/dist/index.js';
import { rolesScript } from './make.mjs';

const TRIAL = fileURLToPath(new URL('../../k8s/charts/touchstone/ci/trial-values.yaml', import.meta.url));
/** Where the container that makes the roles finds deploy/postgres/roles.sql. */
const ROLES = '/etc/touchstone/roles.sql';
/** What the images run as by themselves (deploy/docker/Dockerfile). */
const IMAGE_USER = { uid: 10_001, gid: 10_001 };

/** The node of the one host; the users of deploy/nats/nats.conf are made for it. */
export const NODE = 'compose';
/** What deploy/compose.yaml says and no option changes. */
export const FIXED = {
  node: NODE,
  'database-host': 'postgres',
  'database-port': '5432',
  'database-query': '',
};

/**
 * Whose the files are and as whom containers run. Compose mounts a secret as the file of the host that it is, with its owner and mode, and
 * a service refuses one that others can read: so both have to be one user. That is whoever makes the secrets; for root it is the user of
 * the images, since nothing is to run as root.
 */
export function ownerOfSecrets() {
  const uid = process.getuid();
  return uid === 0 ? IMAGE_USER : { uid, gid: process.getgid() };
}

/** Where the settings lie: beside the compose file, where Compose reads them by itself. */
export const settingsFile = (out) => join(dirname(out), '.env');

const line = ([name, value]) =>
  `${name}=${typeof value === 'object' ? `'${JSON.stringify(value)}'` : String(value)}`;

/** Settings of a trial: nothing is paid, nothing is anchored. */
function settings({ operatorToken }) {
  const { uid, gid } = ownerOfSecrets();
  const { config, services } = parse(readFileSync(TRIAL, 'utf8'));
  const trial = Object.assign({}, config, ...Object.values(services).map((own) => own.config ?? {}));
  const users = { TOUCHSTONE_UID: uid, TOUCHSTONE_GID: gid };
  const operator = createHash('sha256').update(operatorToken).digest('hex');
  return [
    '# Settings of this installation. Any key of docs/reference/config.md that is no secret and names no file may stand here.',
    '# Who owns the secret files, and whom the containers run as:',
    ...Object.entries(users).map(line),
    '# No load balancer asks whether a service is about to end:',
    'TOUCHSTONE_DRAIN_SECONDS=0',
    '# Seconds that an answer waits for others before they get their place in the log together:',
    'ANCHOR_INTERVAL_SEC=2',
    '# Those of a trial: choose the name of your log before anybody relies on it, it stands in every checkpoint.',
    ...Object.entries(trial).map(line),
    `TOUCHSTONE_OPERATOR_TOKEN_SHA256=${operator}`,
    '',
  ].join('\n');
}

const natsPasswords = (nats) =>
  Object.entries(nats)
    .map(([user, password]) => `${passwordVariable(user)}: "${password}"\n`)
    .join('');

/** @returns files by their path below the folder, and what to do with them */
export function composeFiles({ database, out }, made) {
  const superuser = randomSecret();
  const ofServices = Object.entries(made.services).flatMap(([name, keys]) =>
    Object.entries(keys).map(([key, value]) => [`${name}/${key}`, value]),
  );
  const files = {
    ...Object.fromEntries(ofServices),
    'nats/passwords.conf': natsPasswords(made.nats),
    'nats/provisioner': made.nats.provisioner,
    'postgres/password': superuser,
    'postgres/pgpass': `*:*:*:postgres:${superuser}\n`,
    'postgres/roles.sql': rolesScript({ database, databases: made.databases, roles: ROLES }),
    'grafana/password': randomSecret(),
    'batch-token': made.batchToken,
    'operator-token': made.operatorToken,
    '../.env': settings(made),
  };
  const compose = join(dirname(out), 'compose.yaml');
  return { files, next: [`  docker compose -f ${compose} up -d --wait`] };
}
