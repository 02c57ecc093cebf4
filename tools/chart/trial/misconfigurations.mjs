// What may be wrong with an installation: how a Pod of the signer is changed for it, what has to be said, and how it is mended.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { run } from '../../images/engine.mjs';
import { Authority } from './certificates.mjs';
import { relayTo } from './database.mjs';
import { ROUTER } from '../../containers/network.mjs';
import { SECOND_NATS, SecondNats } from './second-nats.mjs';

/** Exit code of a process whose configuration is invalid. */
const CONFIG_INVALID = 5;
/** Where nothing listens until something is mended. */
const SECOND_ROUTER = '10.244.255.2';
const SECRET = 'touchstone-signer';
const CA_FOLDER = '/var/run/touchstone/trial-ca';

const setEnvironment = (container, name, value) => {
  container.env = [...container.env.filter((one) => one.name !== name), { name, value }];
};

/** Gives a Pod a Secret of its own, the signer’s with changes. */
function changeSecret({ cluster }, name, spec, changes) {
  const secretName = `${SECRET}-${name}`;
  cluster.secrets.set(secretName, { ...cluster.secret(SECRET), ...changes });
  spec.volumes.find(({ secret }) => secret !== undefined).secret.secretName = secretName;
}

function mountAuthority({ cluster }, authority, spec, container) {
  cluster.configMaps.set('trial-ca', { 'ca.pem': authority.text() });
  spec.volumes.push({ name: 'trial-ca', configMap: { name: 'trial-ca' } });
  container.volumeMounts.push({ name: 'trial-ca', mountPath: CA_FOLDER, readOnly: true });
}

const urlOf = ({ cluster }) => new URL(cluster.secret(SECRET).DATABASE_URL);

/** What ends a process. */
function ending() {
  return [
    {
      ...{ name: 'key', claim: 'a missing secret', code: CONFIG_INVALID },
      words: ['MODEL_SIGNING_KEY_HEX', 'is required and not set'],
      change: (_spec, container) => {
        container.env = container.env.filter((one) => one.name !== 'MODEL_SIGNING_KEY_HEX_FILE');
      },
    },
    {
      ...{ name: 'unknown', claim: 'an unknown key', code: CONFIG_INVALID },
      words: ['TOUCHSTONE_LOG_LEVLE', 'did you mean TOUCHSTONE_LOG_LEVEL?'],
      change: (_spec, container) => setEnvironment(container, 'TOUCHSTONE_LOG_LEVLE', 'info'),
    },
    {
      ...{ name: 'port', claim: 'a port in use', code: 1 },
      words: ['another process has port 10081', 'TOUCHSTONE_HTTP_PORT'],
      change: (_spec, container) => setEnvironment(container, 'TOUCHSTONE_HTTP_PORT', '10081'),
    },
  ];
}

/** What is wrong with the database. */
function ofDatabase(world, authority) {
  const { database } = world;
  const password = randomBytes(24).toString('hex');
  const setPassword = (text) => database.query(`ALTER ROLE signer PASSWORD '${text}'`);
  const withUrl = (name, change) => (spec) =>
    changeSecret(world, name, spec, { DATABASE_URL: String(Object.assign(urlOf(world), change)) });
  return [
    {
      ...{ name: 'password', claim: 'a wrong password of the database' },
      words: ['The database refuses the login', 'DATABASE_URL'],
      change: withUrl('password', { password }),
      mend: () => setPassword(password),
      restore: () => setPassword(urlOf(world).password),
    },
    {
      ...{ name: 'database', claim: 'a database that is away' },
      words: ['The database cannot be reached', 'DATABASE_URL'],
      change: withUrl('database', { hostname: SECOND_ROUTER }),
      mend: async () => {
        world.relayed = await relayTo(database.postgres.port, SECOND_ROUTER);
      },
    },
    {
      ...{ name: 'database-tls', claim: 'an expired certificate of the database' },
      words: ['The certificate of the database has expired', 'CERT_HAS_EXPIRED'],
      change: (spec, container) => {
        database.offerTls(authority.issue('database', `IP:${ROUTER}`, 'expired'));
        mountAuthority(world, authority, spec, container);
        withUrl('database-tls', { search: `?sslmode=verify-full&sslrootcert=${CA_FOLDER}/ca.pem` })(spec);
      },
      mend: () => database.offerTls(authority.issue('database', `IP:${ROUTER}`, 'valid')),
    },
  ];
}

/** What is wrong with NATS, on a server of its own. */
function ofNats(world, nats, authority) {
  const toNats = (_spec, container) => setEnvironment(container, 'NATS_URL', nats.url);
  return [
    {
      ...{ name: 'streams', claim: 'NATS without its streams' },
      words: ['NATS has no stream', 'nats-provision'],
      ...{ change: toNats, mend: () => nats.provision() },
    },
    {
      ...{ name: 'nats-password', claim: 'a wrong password of NATS' },
      words: [
        'refuses the user name or password',
        'Correct the password of signer (TOUCHSTONE_NATS_PASSWORD',
      ],
      change: (spec, container) => {
        nats.expectOf('signer', randomBytes(24).toString('hex'));
        toNats(spec, container);
      },
      mend: () => nats.reload(),
    },
    {
      ...{ name: 'nats-tls', claim: 'an expired certificate of NATS' },
      words: ['the certificate of the server has expired', 'CERT_HAS_EXPIRED'],
      change: (spec, container) => {
        nats.offerTls(authority.issue('nats', `DNS:${SECOND_NATS}`, 'expired'));
        mountAuthority(world, authority, spec, container);
        setEnvironment(container, 'NODE_EXTRA_CA_CERTS', `${CA_FOLDER}/ca.pem`);
        toNats(spec, container);
      },
      mend: () => nats.offerTls(authority.issue('nats', `DNS:${SECOND_NATS}`, 'valid')),
    },
  ];
}

/** All of them, and `stop()` for what they need. */
export async function misconfigurations(world) {
  run('ip', ['addr', 'add', `${SECOND_ROUTER}/32`, 'dev', 'lo']);
  const authority = new Authority(join(world.folder, 'certificates'));
  const nats = await SecondNats.start(world);
  return {
    cases: [...ending(), ...ofDatabase(world, authority), ...ofNats(world, nats, authority)],
    stop: async () => {
      world.relayed?.close();
      await nats.stop();
    },
  };
}
