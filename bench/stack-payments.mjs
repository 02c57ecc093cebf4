// Paid inferences through the whole stack with the unmodified official x402 client (asked, refused with 402, signed,
// verified, run, stored, settled on the chain, answered), and replays of what was paid. The client runs in this
// process and takes its share of the machine.
import { setTimeout as sleep } from 'node:timers/promises';
import { balanceOf, chainOf } from '../apps/cli/dist/stack/chain.js';
import { announce, median, printRate, printRow, quick, wanted } from './harness/row.mjs';
import { profiled, sampleBodies, withStack } from './stack/embedded-stack.mjs';
import { httpLoad } from './stack/http-load.mjs';
import { inParallel } from './stack/in-parallel.mjs';
import { payingClient } from './stack/paying-client.mjs';
import { cpuSeconds, partsOf } from './stack/processes.mjs';

const CALLERS = 16;
const ROUNDS = quick ? 1 : 3;
const PAYMENTS = quick ? 32 : 240;
const WARM_PAYMENTS = quick ? 8 : 60;
const REPLAY_CLIENTS = 32;
const REPLAY_SECONDS = quick ? 1 : 3;
const GOAL = { of: 'ours', min: 30 };
/** Milliseconds of processor time of one paid answer, of all processes and the caller. */
const COST_GOAL = { of: 'ours', max: 60 };
/** Of the sample model digits, in atomic units. */
const PRICE = 10_000n;

const paidName = `stack: paid inferences settled, ${CALLERS} callers, official x402 client`;
const costName = 'stack: processor time of a paid answer, all processes and the caller';
const replayName = `stack: replays of paid requests, ${REPLAY_CLIENTS} callers`;

/** Pays for `count` answers and checks on the chain that exactly these were charged. */
async function payFor(count, { client, chain, stack, bodies }) {
  const balance = () => balanceOf(chain, stack, client.account.address);
  const before = await balance();
  const started = performance.now();
  const answers = await inParallel(
    Array.from({ length: count }, (_, index) => bodies[index % bodies.length]),
    CALLERS,
    (body) => client.infer(body),
  );
  const seconds = (performance.now() - started) / 1_000;
  const charged = before - (await balance());
  if (charged !== BigInt(count) * PRICE)
    throw new Error(`${count} answers were paid for, and ${charged} atomic units were charged.`);
  return { answers, rate: count / seconds };
}

/** Milliseconds of processor time that each part used for one of `count` answers. */
function costOf(before, after, count) {
  return Object.fromEntries(
    Object.entries(after).map(([part, seconds]) => [part, (1_000 * (seconds - (before[part] ?? 0))) / count]),
  );
}

async function measurePaid(context) {
  const rounds = [];
  const costs = [];
  const answers = [];
  const used = () => ({
    ...cpuSeconds(context.parts),
    caller: Object.values(process.cpuUsage()).reduce((sum, micros) => sum + micros, 0) / 1e6,
  });
  await payFor(WARM_PAYMENTS, context);
  for (let round = 0; round < ROUNDS; round += 1) {
    announce(`${paidName}, round ${round + 1}`);
    const before = used();
    const paid = await payFor(PAYMENTS, context);
    costs.push(costOf(before, used(), PAYMENTS));
    rounds.push({ ours: paid.rate, baseline: null });
    answers.push(...paid.answers);
  }
  const sums = costs.map((cost) => Object.values(cost).reduce((sum, part) => sum + part, 0));
  if (wanted(costName))
    printRow({
      name: costName,
      baselineName: null,
      unit: 'ms',
      ours: median(sums),
      baseline: null,
      ratio: null,
      goal: COST_GOAL,
      rounds: sums.map((ours) => ({ ours, baseline: null })),
      details: { parts: costs.at(-1) },
    });
  if (wanted(paidName))
    printRow({
      name: paidName,
      baselineName: null,
      unit: '/s',
      ours: median(rounds.map(({ ours }) => ours)),
      baseline: null,
      ratio: null,
      goal: GOAL,
      rounds,
      details: { paymentsInAll: rounds.length * PAYMENTS, chargedExactly: true },
    });
  return answers;
}

async function measureReplays(answers, url) {
  const { port, host, pathname } = new URL(url);
  const requests = answers.slice(0, 100).map(({ body, payment }) => ({
    method: 'POST',
    path: pathname,
    host,
    headers: { 'content-type': 'application/json', 'payment-signature': payment },
    body,
  }));
  const again = await fetch(url, { method: 'POST', headers: requests[0].headers, body: requests[0].body });
  if ((await again.text()) !== answers[0].text || again.headers.get('idempotent-replayed') !== 'true')
    throw new Error('A replay did not give the stored bytes.');
  const load = (seconds) => httpLoad({ port: Number(port), requests, clients: REPLAY_CLIENTS, seconds });
  await load(REPLAY_SECONDS / 2);
  const rounds = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    announce(`${replayName}, round ${round + 1}`);
    rounds.push(await load(REPLAY_SECONDS));
  }
  printRate(replayName, rounds);
}

if ([paidName, costName, replayName].some(wanted))
  await withStack(profiled({}), async ({ stack, stateDir }) => {
    const { description } = stack;
    const url = `${description.urls['inference-gateway']}/v1/models/digits/infer`;
    const answers = await measurePaid({
      client: payingClient(description, stateDir, url),
      chain: chainOf(description),
      stack: description,
      bodies: sampleBodies('digits'),
      parts: partsOf(stack, stateDir),
    });
    if (!wanted(replayName)) return;
    await sleep(1_000);
    await measureReplays(answers, url);
  });
