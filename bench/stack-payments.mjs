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

const CALLERS = 16;
const ROUNDS = quick ? 1 : 3;
const PAYMENTS = quick ? 32 : 240;
const WARM_PAYMENTS = quick ? 8 : 60;
const REPLAY_CLIENTS = 32;
const REPLAY_SECONDS = quick ? 1 : 3;
const GOAL = { of: 'ours', min: 20 };
/** Of the sample model digits, in atomic units. */
const PRICE = 10_000n;

const paidName = `stack: paid inferences settled, ${CALLERS} callers, official x402 client`;
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

async function measurePaid(context) {
  const rounds = [];
  const answers = [];
  await payFor(WARM_PAYMENTS, context);
  for (let round = 0; round < ROUNDS; round += 1) {
    announce(`${paidName}, round ${round + 1}`);
    const paid = await payFor(PAYMENTS, context);
    rounds.push({ ours: paid.rate, baseline: null });
    answers.push(...paid.answers);
  }
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

if (wanted(paidName) || wanted(replayName))
  await withStack(profiled({}), async ({ stack, stateDir }) => {
    const { description } = stack;
    const url = `${description.urls['inference-gateway']}/v1/models/digits/infer`;
    const answers = await measurePaid({
      client: payingClient(description, stateDir, url),
      chain: chainOf(description),
      stack: description,
      bodies: sampleBodies('digits'),
    });
    if (!wanted(replayName)) return;
    await sleep(1_000);
    await measureReplays(answers, url);
  });
