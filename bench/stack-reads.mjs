// What the other doors of the stack give: evidence bundles from the proof service, heartbeats into the hub, signed or not,
// leaves into signed batches.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { announce, printRate, quick, wanted } from './harness/row.mjs';
import { profiled, sampleBodies, until, withoutPayment, withStack } from './stack/embedded-stack.mjs';
import { httpLoad } from './stack/http-load.mjs';
import { SignedCrowd } from './stack/signed-heartbeats.mjs';

const CLIENTS = 32;
const ROUNDS = quick ? 1 : 3;
const SECONDS = quick ? 1 : 3;
const WARM_SECONDS = quick ? 0.5 : 2;
/** Each bundle is asked for once before, or had been asked for before; both happen. */
const FIRST_READS = quick ? 500 : 4_000;
const AGAIN_READ = 500;
const NODES = quick ? 500 : 5_000;

const firstName = `stack: evidence bundles, each asked for the first time, ${CLIENTS} callers`;
const againName = `stack: evidence bundles, asked for again, ${CLIENTS} callers`;
/** Nodes that wait for an answer at once; each has a connection of its own. */
const HEARTBEAT_CLIENTS = 128;
const WARM_BEATS = 2;
const heartbeatName = `stack: heartbeats into the hub, ${NODES} nodes, ${HEARTBEAT_CLIENTS} callers`;
const BATCH_LEAVES = 1_000;
const BATCH_CLIENTS = 4;
const batchName = `stack: leaves into signed batches, event-batch-v2, ${BATCH_LEAVES} a request, ${BATCH_CLIENTS} callers`;
const signedName = `stack: signed heartbeats into the hub, ${NODES} nodes, ${HEARTBEAT_CLIENTS} callers`;

/** Makes answers and waits until a final anchor covers the last of them. */
async function makeEvidence(urls) {
  const { port, host } = new URL(urls['inference-gateway']);
  const requests = sampleBodies('digits').map((body) => ({
    method: 'POST',
    path: '/v1/models/digits/infer',
    host,
    headers: { 'content-type': 'application/json' },
    body,
  }));
  const match = '"verificationId":"([^"]+)"';
  const { matches } = await httpLoad({
    port: Number(port),
    requests,
    clients: CLIENTS,
    total: FIRST_READS,
    match,
  });
  const last = `${urls['proof-service']}/v1/evidence/${matches.at(-1)}?require=anchored`;
  await until('The anchor of the last bundle', async () => (await fetch(last)).status === 200, 60_000);
  return matches;
}

async function measureEvidence(urls) {
  announce(firstName);
  const ids = await makeEvidence(urls);
  const { port, host } = new URL(urls['proof-service']);
  const requests = ids.map((id) => ({ method: 'GET', path: `/v1/evidence/${id}`, host }));
  const first = await httpLoad({ port: Number(port), requests, clients: CLIENTS, total: requests.length });
  if (wanted(firstName)) printRate(firstName, [first]);
  if (!wanted(againName)) return;
  announce(againName);
  const rounds = [];
  // The last ones, which are still in the memory of the service.
  const plan = { port: Number(port), requests: requests.slice(-AGAIN_READ), clients: CLIENTS };
  await httpLoad({ ...plan, seconds: WARM_SECONDS });
  for (let round = 0; round < ROUNDS; round += 1) rounds.push(await httpLoad({ ...plan, seconds: SECONDS }));
  printRate(againName, rounds);
}

const heartbeatOf = (node_id) => ({
  ...{ node_id, health: 'GREEN', ts_utc: new Date().toISOString() },
  attestation: {
    schema: 'attestation_v1',
    build_id: 'b'.repeat(64),
    capability_hash: 'c'.repeat(64),
    runtime: { os: 'linux', node: process.version },
  },
});

async function measureHeartbeats(urls) {
  announce(heartbeatName);
  const { port, host } = new URL(urls['attestation-hub']);
  const requests = Array.from({ length: NODES }, (_, node) => ({
    method: 'POST',
    path: '/v1/nodes/heartbeat',
    host,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(heartbeatOf(`bench-${node}`)),
  }));
  const plan = { port: Number(port), requests, clients: HEARTBEAT_CLIENTS };
  // The first heartbeat of each node is another story: it inserts the node and tells of it.
  await httpLoad({ ...plan, total: NODES * WARM_BEATS });
  const rounds = [];
  for (let round = 0; round < ROUNDS; round += 1) rounds.push(await httpLoad({ ...plan, seconds: SECONDS }));
  printRate(heartbeatName, rounds, { of: 'ours', min: 4_000 });
}

async function measureSignedHeartbeats(urls, stateDir) {
  announce(signedName);
  const crowd = new SignedCrowd(urls['attestation-hub'], stateDir, NODES, heartbeatOf);
  await crowd.join(CLIENTS);
  // The first heartbeat of each node has its key read and checked.
  await crowd.beat(CLIENTS);
  const rounds = [];
  for (let round = 0; round < ROUNDS; round += 1) rounds.push(await crowd.beat(HEARTBEAT_CLIENTS));
  printRate(signedName, rounds, { of: 'ours', min: 2_500 });
}

/** Leaves a second: nobody hashes here, the batches of one caller stand in one order, and each is on the disk before its answer. */
async function measureBatches(urls, stateDir) {
  announce(batchName);
  const { port, host } = new URL(urls.signer);
  const token = /^TOUCHSTONE_BATCH_CALLERS=(.+)$/m.exec(
    readFileSync(`${stateDir}/secrets/signer.env`, 'utf8'),
  )[1];
  const leaves = Array.from({ length: BATCH_LEAVES }, () => randomBytes(32).toString('hex'));
  const requests = [
    {
      ...{ method: 'POST', path: '/v1/batches', host },
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ format: 'event-batch-v2', leaves }),
    },
  ];
  const plan = { port: Number(port), requests, clients: BATCH_CLIENTS };
  await httpLoad({ ...plan, seconds: WARM_SECONDS });
  const rounds = [];
  for (let round = 0; round < ROUNDS; round += 1) rounds.push(await httpLoad({ ...plan, seconds: SECONDS }));
  printRate(
    batchName,
    rounds.map(({ rate, ...round }) => ({ ...round, rate: rate * BATCH_LEAVES })),
    { of: 'ours', min: 20_000 },
  );
}

const evidence = wanted(firstName) || wanted(againName);
if (evidence || wanted(heartbeatName) || wanted(signedName) || wanted(batchName))
  await withStack(
    profiled({
      ...withoutPayment,
      'attestation-hub': { TOUCHSTONE_HEARTBEAT_TOKENS: 'off', TOUCHSTONE_NODES_MAX: '20000' },
    }),
    async ({ stack, stateDir }) => {
      const { urls } = stack.description;
      if (wanted(heartbeatName)) await measureHeartbeats(urls);
      if (wanted(signedName)) await measureSignedHeartbeats(urls, stateDir);
      if (wanted(batchName)) await measureBatches(urls, stateDir);
      if (evidence) await measureEvidence(urls);
    },
  );
