// That the check notices what it is there for: the file is spoilt in one place at a time.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkProject } from './check.mjs';
import { loadProject } from './model.mjs';

/** Mistakes of the text, which the loader refuses. */
const TEXTS = [
  { says: 'readonly false schema', find: 'read_only: true', put: 'readonly: true' },
  { says: 'undefined network', find: 'networks: [data, front]', put: 'networks: [data, back]' },
  { says: 'undefined secret', find: 'source: batch-token', put: 'source: batch-tokens' },
  { says: 'undefined volume', find: 'prometheus:/prometheus', put: 'prometheuss:/prometheus' },
  { says: 'dependency cycle', find: 'volume-owner: {', put: 'nats-provision: {' },
];

/** Mistakes of the project, which our own claims notice. */
const PROJECTS = [
  { says: 'signer is there', spoil: ({ services }) => delete services.signer },
  {
    says: 'signer has no password in an address',
    spoil: ({ services }) =>
      (services.signer.environment.DATABASE_URL = 'postgresql://signer:letmein@postgres/touchstone'),
  },
  {
    says: 'grafana: GF_SECURITY_ADMIN_PASSWORD is no secret',
    spoil: ({ services }) => (services.grafana.environment.GF_SECURITY_ADMIN_PASSWORD = 'admin'),
  },
  {
    says: 'signer publishes 8081 on loopback alone',
    spoil: ({ services }) => delete services.signer.ports[0].host_ip,
  },
  {
    says: 'nats: docker.io/library/nats:latest names a version',
    spoil: ({ services }) => (services.nats.image = 'docker.io/library/nats:latest'),
  },
  { says: 'nats: nats names a version', spoil: ({ services }) => (services.nats.image = 'nats') },
  { says: 'signer says whether it is healthy', spoil: ({ services }) => delete services.signer.healthcheck },
  {
    says: 'nothing of a prover is there',
    spoil: ({ services }) =>
      (services['inference-gateway'].environment.TOUCHSTONE_PROVER_PATH = '/opt/prover'),
  },
  { says: 'signer runs as', spoil: ({ services }) => (services.signer.user = '0:0') },
  {
    says: 'grafana is on the network of the data only if it has to be',
    spoil: ({ services }) => (services.grafana.networks.data = null),
  },
  {
    says: 'signer waits until nats-provision is healthy',
    spoil: ({ services }) => (services.signer.depends_on['nats-provision'].condition = 'service_healthy'),
  },
];

/** The same of the project with compose.prover.yaml. */
const WITH_PROVER = [
  { says: 'the prover is there', spoil: ({ services }) => delete services['zk-prover'] },
  {
    says: 'the prover has no network',
    spoil: ({ services }) => (services['zk-prover'].network_mode = 'bridge'),
  },
  {
    says: 'the prover reads no secret',
    spoil: ({ services }) => (services['zk-prover'].secrets = [{ source: 'batch-token', target: 'token' }]),
  },
  {
    says: 'the gateway runs a program of a volume',
    spoil: ({ services }) =>
      (services['inference-gateway'].environment.TOUCHSTONE_PROVER_PATH = '/app/prover.js'),
  },
  {
    says: 'the gateway cannot change its prover',
    spoil: ({ services }) =>
      delete services['inference-gateway'].volumes.find(({ source }) => source === 'prover').read_only,
  },
  {
    says: 'the gateway has the volume that the prover fills',
    spoil: ({ services }) => (services['zk-prover'].volumes[0].source = 'nats'),
  },
  {
    says: 'the gateway has a folder for the files of a proof',
    spoil: ({ services }) => delete services['inference-gateway'].environment.TMPDIR,
  },
  {
    says: 'the gateway waits for its prover',
    spoil: ({ services }) => delete services['inference-gateway'].depends_on['zk-prover'],
  },
  {
    says: 'inference-gateway has a bound on memory',
    spoil: ({ services }) => (services['inference-gateway'].mem_limit = String(2 ** 31)),
  },
];

function checkTexts(deploy, check) {
  const path = join(deploy, 'compose.yaml');
  const text = readFileSync(path, 'utf8');
  for (const { says, find, put } of TEXTS) {
    writeFileSync(path, text.replaceAll(find, put));
    let said = '';
    try {
      loadProject(deploy, ['*']);
    } catch (error) {
      said = error.message;
    }
    check(`the loader refuses ${put}, and says ${says} and not ${said}`, said.includes(says));
  }
  writeFileSync(path, text);
}

export function checkRefusals({ root, installation, model, env, check }) {
  checkTexts(installation.deploy, check);
  checkSpoilt(PROJECTS, { root, model, env, check });
}

/** @param model the project with compose.prover.yaml */
export const checkProverRefusals = (project) => checkSpoilt(WITH_PROVER, { ...project, prover: true });

function checkSpoilt(mistakes, { model, check, ...project }) {
  for (const { says, spoil } of mistakes) {
    const spoilt = JSON.parse(JSON.stringify(model));
    spoil(spoilt);
    const broken = [];
    checkProject({
      ...{ ...project, model: spoilt },
      check: (claim, holds) => void (holds || broken.push(claim)),
    });
    check(
      `it is noticed that not: ${says}`,
      broken.some((claim) => claim.startsWith(says)),
    );
  }
}
