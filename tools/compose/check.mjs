// What has to hold of deploy/compose.yaml, alone and with compose.prover.yaml, beside what the loader of Compose checks: that every name is known, and that nothing depends on
// itself, is refused by the loader already.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { serviceNames, services as contracts } from '../../libs/contracts/dist/index.js';

const LOOPBACK = '127.0.0.1';
/** Ends by itself. */
const isJob = ({ restart }) => restart === undefined || restart === 'no';
/** Root for the one moment in which volumes are given away; Prometheus reads no secret and has the user of its image. */
const OTHER_USERS = { 'volume-owner': '0:0', prometheus: '65534:65534' };
const CAPABILITIES = { 'volume-owner': ['CHOWN'] };
const MEMORY_MAX = 1_073_741_824;
/** The one in whose container a prover works, where there is one, and the job that brings it. */
const PROVES = 'inference-gateway';
const PROVER = 'zk-prover';
const PROVER_MEMORY_MAX = 1_610_612_736;
const SECRET_NAME = /password|passwd|token|secret|seed|_key|private/i;

function checkRights(name, service, { env, memoryMax }, check) {
  const user = OTHER_USERS[name] ?? `${env.TOUCHSTONE_UID}:${env.TOUCHSTONE_GID}`;
  check(`${name} runs as ${user}`, service.user === user);
  check(`${name} has a read-only root`, service.read_only === true);
  check(`${name} has no capability but those it needs`, service.cap_drop?.join() === 'ALL');
  check(
    `${name} has no further capability`,
    (service.cap_add ?? []).join() === (CAPABILITIES[name] ?? []).join(),
  );
  check(`${name} gains no rights`, service.security_opt?.includes('no-new-privileges:true') === true);
  check(`${name} is not privileged`, !service.privileged && !service.pid && !service.ipc);
  check(`${name} has a bound on memory`, Number(service.mem_limit) > 0 && service.mem_limit <= memoryMax);
}

/** A secret is a file: no value says one, and none is a default of an image. */
function checkSecrets(name, { environment = {}, command, entrypoint }, check) {
  for (const [key, value] of Object.entries(environment))
    check(
      `${name}: ${key} is no secret`,
      !value || !SECRET_NAME.test(key) || /FILE$|SHA256$|_ID$|PGPASSFILE/.test(key),
    );
  const words = [...Object.values(environment), ...(command ?? []), ...(entrypoint ?? [])].join('\n');
  check(`${name} has no password in an address`, !/:\/\/[^/\s]*:[^/\s]*@/.test(words));
}

function checkPlace(name, { image, ports = [], networks = {}, healthcheck, ...service }, check) {
  check(`${name}: ${image} names a version`, /:v?\d+\.\d+[\w.-]*$|@sha256:[0-9a-f]{64}$/.test(image));
  for (const { host_ip: ip, target, published } of ports)
    check(`${name} publishes ${target} on loopback alone`, ip === LOOPBACK && published === String(target));
  const lasting = !isJob(service);
  check(`${name} says whether it is healthy`, !lasting || healthcheck?.test?.length > 1);
  check(`${name} comes back by itself`, !lasting || service.restart === 'unless-stopped');
  const inside = contracts[name] !== undefined || isJob(service) || ['postgres', 'nats'].includes(name);
  check(`${name} is on the network of the data only if it has to be`, inside || !('data' in networks));
}

/** Every file that is mounted is there: an engine would make an empty folder in its place, or not start. */
function checkMounts(name, { volumes = [] }, check) {
  for (const { type, source } of volumes)
    check(`${name}: ${source} is there`, type !== 'bind' || existsSync(source));
}

function checkWaits(model, check) {
  for (const [name, { depends_on: needs = {} }] of Object.entries(model.services))
    for (const [other, { condition }] of Object.entries(needs)) {
      const ends = condition === 'service_completed_successfully';
      check(
        `${name} waits until ${other} ${ends ? 'ended' : 'is healthy'}`,
        other in model.services && ends === isJob(model.services[other]),
      );
    }
}

function checkServices(model, check) {
  for (const name of serviceNames) {
    const { environment = {}, ports = [], profiles } = model.services[name] ?? {};
    const { health } = contracts[name];
    check(`${name} is there`, model.services[name] !== undefined);
    check(`${name} is asked on its health port`, environment.TOUCHSTONE_HEALTH_PORT === String(health));
    check(
      `${name} publishes nothing but its HTTP port`,
      ports.every(({ target }) => target === contracts[name].http),
    );
    check(
      `${name} waits for its database and its streams`,
      Object.keys(model.services[name]?.depends_on ?? {}).filter((other) => other !== PROVER).length === 2,
    );
    check(`payments are asked for`, name !== 'payment-verifier' || profiles?.join() === 'payments');
  }
}

/** The volume with the files of models. */
const FILES = 'models';

/** A prover is there only where it was asked for, and the gateway can run what the job leaves to it, and not change it. */
function checkProver({ services: { [PROVER]: job, [PROVES]: gateway }, volumes }, { isAsked }, check) {
  const { environment = {}, volumes: mounts = [], depends_on: needs = {} } = gateway ?? {};
  const path = environment.TOUCHSTONE_PROVER_PATH ?? '';
  if (!isAsked) {
    const mounted = mounts.find(({ source }) => source !== FILES);
    const named = [job, volumes.prover, needs[PROVER], path || undefined, mounted];
    return check(
      'nothing of a prover is there',
      named.every((one) => one === undefined),
    );
  }
  check('the prover is there', job !== undefined);
  check('the prover has no network', job?.network_mode === 'none');
  check('the prover reads no secret', (job?.secrets ?? []).length === 0);
  const program = mounts.find(({ target }) => path.startsWith(`${target}/`));
  check('the gateway runs a program of a volume', program?.type === 'volume');
  check('the gateway cannot change its prover', program?.read_only === true);
  check(
    'the gateway has the volume that the prover fills',
    job?.volumes?.length === 1 && job.volumes[0].source === program?.source,
  );
  const work = mounts.find(({ target }) => target === environment.TMPDIR);
  check('the gateway has a folder for the files of a proof', work !== undefined && !work.read_only);
  check('the gateway waits for its prover', needs[PROVER]?.condition === 'service_completed_successfully');
}

function checkFiles(root, model, check) {
  const roles = readFileSync(join(root, 'deploy/postgres/roles.sql'), 'utf8');
  const scraped = readFileSync(join(root, 'deploy/prometheus/prometheus.yaml'), 'utf8');
  const values = parse(readFileSync(join(root, 'k8s/charts/touchstone/values.yaml'), 'utf8'));
  for (const name of serviceNames) {
    check(`${name} has a role`, roles.includes(`('${name}', '${contracts[name].schema}',`));
    check(`${name} is watched`, scraped.includes(name) && scraped.includes(String(contracts[name].health)));
  }
  check('NATS is that of the chart', model.services.nats.image === values.nats.image);
  const nats = readFileSync(join(root, 'deploy/nats/nats.conf'), 'utf8');
  check('NATS has on its disk what it acknowledged', nats.includes('sync_interval: always'));
  check('the network of the data leads nowhere', model.networks.data.internal === true);
}

/** The files that the secrets are read from are there, and nobody else’s. */
function checkSecretFiles({ services, secrets }, env, check) {
  const used = new Set(
    Object.values(services).flatMap(({ secrets: own = [] }) => own.map(({ source }) => source)),
  );
  for (const [name, { file }] of Object.entries(secrets)) {
    check(`the secret ${name} is used`, used.has(name));
    if (name.endsWith('.TOUCHSTONE_EVM_RPC_URL')) continue;
    const stat = existsSync(file) ? statSync(file) : undefined;
    check(
      `${file} is for its owner alone`,
      stat?.uid === Number(env.TOUCHSTONE_UID) && (stat.mode & 0o777) === 0o600,
    );
  }
}

/** @param model the project with every profile @param env what .env says @param prover whether compose.prover.yaml is part of it */
export function checkProject({ root, model, env, check, prover = false }) {
  for (const [name, service] of Object.entries(model.services)) {
    const memoryMax = prover && name === PROVES ? PROVER_MEMORY_MAX : MEMORY_MAX;
    checkRights(name, service, { env, memoryMax }, check);
    checkSecrets(name, service, check);
    checkPlace(name, service, check);
    checkMounts(name, service, check);
  }
  checkWaits(model, check);
  checkServices(model, check);
  checkProver(model, { isAsked: prover }, check);
  checkSecretFiles(model, env, check);
  checkFiles(root, model, check);
}
