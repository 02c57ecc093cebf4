// The secrets of one installation, wherever it runs: how each is made, and which a service has.
import { serviceNames } from '../../libs/contracts/dist/index.js';
import { randomSecret, secp256k1Key } from '../../libs/embedded/dist/index.js';

/** What only one service has, beside its database and its login at NATS. */
const OWN = {
  signer: {
    MODEL_SIGNING_KEY_HEX: () => secp256k1Key(),
    TOUCHSTONE_CHECKPOINT_SEED_HEX: () => randomSecret(),
    TOUCHSTONE_ANCHOR_TX_KEY_HEX: () => secp256k1Key(),
    TOUCHSTONE_SETTLEMENT_TX_KEY_HEX: () => secp256k1Key(),
    ORACLE_ED25519_SEED: () => randomSecret(),
    TOUCHSTONE_SIGNER_TOKENS: ({ batchToken }) => JSON.stringify({ operator: batchToken }),
  },
  'payment-verifier': { TOUCHSTONE_EVM_RPC_URL: ({ chainUrl }) => chainUrl },
};

/** Secret keys of a service, as docs/reference/config.md names them. */
export const secretKeysOf = (service) => [
  'DATABASE_URL',
  'TOUCHSTONE_NATS_PASSWORD',
  ...Object.keys(OWN[service] ?? {}),
];

/** Those that were made; a chain’s URL is the operator’s to give. */
function ownSecrets(service, given) {
  const made = Object.entries(OWN[service] ?? {}).map(([key, make]) => [key, make(given)]);
  return Object.fromEntries(made.filter(([, value]) => value !== undefined));
}

/**
 * @param database `{ host, port, name, query }` of the database that all services share
 * @param node the node that the gateway runs on, which is in the name of its user at NATS
 * @returns `services` with the values of each one’s keys, `nats` and `databases` with the password of each user, the operator’s token and
 * the one that submits batches
 */
export function makeSecrets({ database, node, chainUrl }) {
  const batchToken = randomSecret();
  const userOf = (service) => (service === 'inference-gateway' ? `${service}.${node}` : service);
  const passwords = (users) => Object.fromEntries(users.map((user) => [user, randomSecret()]));
  const nats = passwords([...serviceNames.map(userOf), 'provisioner', 'operator']);
  const databases = passwords(serviceNames);
  const { host, port, name: databaseName, query } = database;
  const urlOf = (name) =>
    `postgresql://${name}:${databases[name]}@${host}:${port}/${databaseName}${query === '' ? '' : `?${query}`}`;
  const secretsOf = (name) => ({
    DATABASE_URL: urlOf(name),
    TOUCHSTONE_NATS_PASSWORD: nats[userOf(name)],
    ...ownSecrets(name, { batchToken, chainUrl }),
  });
  const services = Object.fromEntries(serviceNames.map((name) => [name, secretsOf(name)]));
  return { services, nats, databases, batchToken, operatorToken: randomSecret() };
}

/**
 * A script for psql that makes the roles and schemas of the services.
 *
 * @param roles path of deploy/postgres/roles.sql where the script runs
 */
export function rolesScript({ database, databases, roles }) {
  const set = Object.entries(databases).map(
    ([role, password]) => `\\set ${role.replaceAll('-', '_')}_password ${password}`,
  );
  return [`\\set database ${database.name}`, ...set, `\\i ${roles}`, ''].join('\n');
}
