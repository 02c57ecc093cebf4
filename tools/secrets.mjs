// Makes the secrets of an installation, once: node tools/secrets.mjs --out FOLDER [--release NAME] [--namespace NAME] [--node NAME]
//   [--database-host HOST] [--database-port PORT] [--database NAME] [--database-query TEXT] [--chain-url URL]
// Writes, for you alone to read (0600 in a folder of 0700): secrets.yaml for `kubectl apply`, roles.sql for psql, and operator-token.
// Nothing has a default password, and what is there already is never overwritten.
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { stringify } from 'yaml';
import { serviceNames } from '../libs/contracts/dist/index.js';
import { passwordVariable, randomSecret, secp256k1Key } from '../libs/embedded/dist/index.js';

const roles = fileURLToPath(new URL('../deploy/postgres/roles.sql', import.meta.url));

function readOptions() {
  const { values } = parseArgs({
    options: {
      out: { type: 'string' },
      release: { type: 'string', default: 'touchstone' },
      namespace: { type: 'string', default: 'touchstone' },
      node: { type: 'string', default: 'kubernetes' },
      'database-host': { type: 'string', default: 'postgresql' },
      'database-port': { type: 'string', default: '5432' },
      database: { type: 'string', default: 'touchstone' },
      'database-query': { type: 'string', default: '' },
      'chain-url': { type: 'string' },
    },
  });
  if (values.out === undefined) throw new Error('--out names the folder that the secrets are written to.');
  const out = resolve(values.out);
  if (existsSync(out))
    throw new Error(`${out} is there already; secrets are made once. Name another folder.`);
  return { ...values, out };
}

/** What only one service has, beside its database and its login at NATS. */
function ownSecrets(service, { token, chainUrl }) {
  if (service === 'signer')
    return {
      MODEL_SIGNING_KEY_HEX: secp256k1Key(),
      TOUCHSTONE_CHECKPOINT_SEED_HEX: randomSecret(),
      TOUCHSTONE_ANCHOR_TX_KEY_HEX: secp256k1Key(),
      TOUCHSTONE_SETTLEMENT_TX_KEY_HEX: secp256k1Key(),
      ORACLE_ED25519_SEED: randomSecret(),
      TOUCHSTONE_SIGNER_TOKENS: JSON.stringify({ operator: token }),
    };
  if (service === 'payment-verifier')
    return chainUrl === undefined ? {} : { TOUCHSTONE_EVM_RPC_URL: chainUrl };
  return {};
}

/** Everything of one installation by the name of its Secret. */
function makeSecrets(options) {
  const { release, node, 'chain-url': chainUrl } = options;
  const full = release.includes('touchstone') ? release : `${release}-touchstone`;
  const token = randomSecret();
  const userOf = (service) => (service === 'inference-gateway' ? `${service}.${node}` : service);
  const nats = Object.fromEntries(
    [...serviceNames.map(userOf), 'provisioner', 'operator'].map((user) => [user, randomSecret()]),
  );
  const databases = Object.fromEntries(serviceNames.map((name) => [name, randomSecret()]));
  const { database, 'database-host': host, 'database-port': port, 'database-query': query } = options;
  const urlOf = (name) =>
    `postgresql://${name}:${databases[name]}@${host}:${port}/${database}${query === '' ? '' : `?${query}`}`;
  const secrets = {
    ...Object.fromEntries(
      serviceNames.map((name) => [
        `${full}-${name}`,
        {
          DATABASE_URL: urlOf(name),
          TOUCHSTONE_NATS_PASSWORD: nats[userOf(name)],
          ...ownSecrets(name, { token, chainUrl }),
        },
      ]),
    ),
    [`${full}-provisioner`]: { NATS_PASSWORD: nats.provisioner },
    // The server takes a password that looks like a number for one, unless it is quoted.
    [`${full}-nats`]: Object.fromEntries(
      Object.entries(nats).map(([user, password]) => [passwordVariable(user), `"${password}"`]),
    ),
    [`${full}-test`]: { token },
  };
  return { secrets, databases, operatorToken: randomBytes(32).toString('hex') };
}

const manifest = (namespace, [name, stringData]) =>
  stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, type: 'Opaque', stringData });

function rolesScript({ database }, databases) {
  const set = Object.entries(databases).map(
    ([role, password]) => `\\set ${role.replaceAll('-', '_')}_password ${password}`,
  );
  return [`\\set database ${database}`, ...set, `\\i ${roles}`, ''].join('\n');
}

function main() {
  const options = readOptions();
  const { secrets, databases, operatorToken } = makeSecrets(options);
  mkdirSync(options.out, { recursive: true, mode: 0o700 });
  const write = (name, text) => writeFileSync(join(options.out, name), text, { mode: 0o600, flag: 'wx' });
  write(
    'secrets.yaml',
    Object.entries(secrets)
      .map((entry) => manifest(options.namespace, entry))
      .join('---\n'),
  );
  write('roles.sql', rolesScript(options, databases));
  write('operator-token', operatorToken);
  process.stdout.write(
    [
      `Written to ${options.out}, for you alone to read. Keep a copy where the signer’s keys may lie: they cannot be made again.`,
      `  psql -f ${join(options.out, 'roles.sql')}`,
      `  kubectl apply -f ${join(options.out, 'secrets.yaml')}`,
      `The operator’s token is in operator-token; services want its hash:`,
      `  TOUCHSTONE_OPERATOR_TOKEN_SHA256=${createHash('sha256').update(operatorToken).digest('hex')}`,
      '',
    ].join('\n'),
  );
}

try {
  main();
} catch (error) {
  process.stderr.write(`secrets: ${error.message}\n`);
  process.exit(2);
}
