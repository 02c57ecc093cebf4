// Touchstone on one host: deploy/compose.yaml, the prover beside it, and what the containers read, from the contracts and the chart's values.
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { natsUsersFile } from '../../libs/embedded/dist/index.js';
import { NODE } from '../secrets/compose.mjs';
import { secretKeysOf } from '../secrets/make.mjs';

const TEMPLATE = 'tools/generated/compose.template.yaml';
const PROVER_TEMPLATE = 'tools/generated/compose.prover.template.yaml';
/** Services whose HTTP interface callers on the host reach. */
const PUBLISHED = new Set(['inference-gateway', 'signer', 'proof-service', 'attestation-hub']);
/** Services that an installation has only when it asks for them; what is paid for needs a chain. */
const PROFILES = { 'payment-verifier': 'payments' };
/** Whose value cannot be that of all services, so that .env has no say. */
const OF_ONE_SERVICE = new Set(['TOUCHSTONE_NATS_USER']);

const imageOf = (name, version) => `\${TOUCHSTONE_IMAGES:-touchstone}/${name}:\${TOUCHSTONE_TAG:-${version}}`;

/** Names a program, which a container has by a volume: whatever brings that says where it is. */
const OF_VOLUMES = new Set(['TOUCHSTONE_PROVER_PATH']);
/** Where a service keeps files of models: those that it receives, and those that it serves. They have a volume, since a tmpfs is memory. */
const FILES = ['TOUCHSTONE_UPLOADS_DIR', 'TOUCHSTONE_MODEL_CACHE_DIR'];
const FILES_FOLDER = '/var/run/touchstone/models';
const FILES_VOLUME = `{ type: volume, source: models, target: ${FILES_FOLDER}, volume: { nocopy: true } }`;

/** Keys that .env may set: no secrets, nothing that Compose sets, no files, which no container has. */
const settingsOf = ({ keys }) =>
  keys.filter(
    ({ name, secret, chart }) =>
      !secret &&
      !chart &&
      !OF_ONE_SERVICE.has(name) &&
      !OF_VOLUMES.has(name) &&
      !FILES.includes(name) &&
      !name.endsWith('_FILE'),
  );

/** Without a value: Compose takes it from .env, and a service says itself what it misses. */
const setting = ({ name }) => `${name}:`;

/** Optional settings that every service has. */
function commonSettings(contracts) {
  const [first, ...others] = Object.values(contracts).map((contract) => settingsOf(contract));
  const has = (settings, { name }) => settings.some((one) => one.name === name);
  return first.filter((key) => !key.required && others.every((settings) => has(settings, key)));
}

/** A bound of Kubernetes as Compose writes it. */
const memoryOf = ({ limits }) => limits.memory.replace('Mi', 'm');

const indent = (lines, spaces) => lines.map((text) => `${' '.repeat(spaces)}${text}`).join('\n');

/** @throws Error when no secret is made for a key that the service requires */
function secretsOf(name, { keys }) {
  const made = secretKeysOf(name);
  const missing = keys.find((key) => key.secret && key.required && !made.includes(key.name));
  if (missing) throw new Error(`${name} requires ${missing.name}; tools/secrets/make.mjs does not make it.`);
  return made;
}

function serviceText(name, contract, { values, version, common }) {
  // A service that the chart's values do not name yet is as large as most are.
  const { resources, nodeOptions } = values.services[name] ?? values.services.signer;
  const secrets = secretsOf(name, contract);
  const own = settingsOf(contract).filter(({ name: key }) => !common.includes(key));
  const profile = PROFILES[name];
  const { http, health, keys } = contract;
  const hasFiles = keys.some((key) => FILES.includes(key.name));
  return indent(
    [
      `${name}:`,
      '  <<: *service',
      `  image: ${imageOf(name, version)}`,
      ...(profile ? [`  profiles: [${profile}]`] : []),
      `  mem_limit: ${memoryOf(resources)}`,
      ...(hasFiles ? ['  tmpfs: [/tmp]', '  volumes:', `    - ${FILES_VOLUME}`] : []),
      ...(PUBLISHED.has(name) ? [`  ports: ['127.0.0.1:${http}:${http}']`] : []),
      '  environment:',
      '    <<: *environment',
      `    TOUCHSTONE_HEALTH_PORT: '${health}'`,
      ...(keys.some((key) => key.name === 'TOUCHSTONE_NODE_ID') ? [`    TOUCHSTONE_NODE_ID: ${NODE}`] : []),
      ...(nodeOptions ? [`    NODE_OPTIONS: ${nodeOptions}`] : []),
      ...(hasFiles ? FILES.map((name) => `    ${name}: ${FILES_FOLDER}`) : []),
      ...own.map((key) => `    ${setting(key)}`),
      ...secrets.map((key) => `    ${key}_FILE: /run/secrets/${key}`),
      '  secrets:',
      ...secrets.map((key) => `    - { source: ${name}.${key}, target: ${key} }`),
      '',
    ],
    2,
  ).replace(/ +$/, '');
}

const secretText = (name, contract) =>
  secretsOf(name, contract).map((key) => `${name}.${key}: { file: ./secrets/${name}/${key} }`);

const valuesOf = (root) => parse(readFileSync(`${root}k8s/charts/touchstone/values.yaml`, 'utf8'));
const versionOf = (root) => JSON.parse(readFileSync(`${root}package.json`, 'utf8')).version;

const filled = (root, template, parts) =>
  readFileSync(`${root}${template}`, 'utf8').replace(/\{\{(\w+)\}\}/g, (_match, name) => parts[name]);

function composeFile(root, contracts) {
  const values = valuesOf(root);
  const version = versionOf(root);
  const keys = commonSettings(contracts);
  const common = keys.map(({ name }) => name);
  const entries = Object.entries(contracts);
  const parts = {
    ...{ nats: values.nats.image, nodeOptions: values.nodeOptions, cli: imageOf('cli', version) },
    common: indent(keys.map(setting), 2),
    services: entries.map((entry) => serviceText(...entry, { values, version, common })).join('\n'),
    secrets: indent(
      entries.flatMap((entry) => secretText(...entry)),
      2,
    ),
    signer: contracts.signer.http,
    proofs: contracts['proof-service'].http,
  };
  return filled(root, TEMPLATE, parts);
}

/** What is different where a prover stands beside the gateway. */
const proverFile = (root) =>
  filled(root, PROVER_TEMPLATE, {
    image: imageOf('zk-prover', versionOf(root)),
    memory: memoryOf(valuesOf(root).prover.resources),
  });

/** In one file with its users, since a file that is included does not see the variables of the one that includes it. */
const natsFile = () => `# Made by npm run generate.
listen: 0.0.0.0:4222
# For the health check inside of the container.
http: 127.0.0.1:8222
max_payload: 1MB
jetstream {
  store_dir: /data
  # What was acknowledged is on the disk.
  sync_interval: always
  max_file_store: 4GB
}
include ./passwords.conf
accounts {
  MESH {
    jetstream: enabled
${indent(natsUsersFile([NODE]).trimEnd().split('\n'), 4)}
  }
}
`;

function prometheusFile(contracts) {
  const target = ([name, { health }]) => `{ targets: ['${name}:${health}'], labels: { service: ${name} } }`;
  const entries = Object.entries(contracts);
  const always = entries.filter(([name]) => PROFILES[name] === undefined);
  const asked = entries.filter(([name]) => PROFILES[name] !== undefined);
  return `# Made by npm run generate.
global: { scrape_interval: 15s, evaluation_interval: 15s }
rule_files: [/etc/prometheus/rules/*.yaml]
scrape_configs:
  - job_name: touchstone
    honor_labels: true
    static_configs:
${indent(
  always.map((entry) => `- ${target(entry)}`),
  6,
)}
    # Services of profiles are no targets where they do not run.
    dns_sd_configs:
${indent(
  asked.map(([name, { health }]) => `- { names: [${name}], type: A, port: ${health} }`),
  6,
)}
    relabel_configs:
      - { source_labels: [__meta_dns_name], regex: (.+), target_label: service }
`;
}

/** Files of an installation on one host by path. @param contracts what files/services.json of the chart holds */
export function composeFiles(root, contracts) {
  return new Map([
    ['deploy/compose.yaml', composeFile(root, contracts)],
    ['deploy/compose.prover.yaml', proverFile(root)],
    ['deploy/nats/nats.conf', natsFile()],
    ['deploy/prometheus/prometheus.yaml', prometheusFile(contracts)],
  ]);
}
