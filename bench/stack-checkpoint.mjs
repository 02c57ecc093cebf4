// From an accepted leaf to its evidence with a checkpoint, as the proof service serves it, at a steady rate of leaves;
// real signer, NATS and PostgreSQL. The leaves come over the bus (stack/leaf-source.mjs), because on two cores the
// gateway's own work would be measured too.
import { exportTrust } from '../apps/cli/dist/stack/export-trust.js';
import { verifyEvidence } from '@touchstone/evidence';
import { announce, printRow, quick, wanted } from './harness/row.mjs';
import { profiled, sampleBodies, withoutPayment, withStack } from './stack/embedded-stack.mjs';
import { connectAsGateway, publishSteadily, signRecords } from './stack/leaf-source.mjs';
import { quantile } from './stack/quantile.mjs';

const RATE = 500;
const WARM_SECONDS = quick ? 1 : 3;
const SECONDS = quick ? 3 : 20;
const SAMPLES_PER_SECOND = 8;
/** How often a sample is asked for; its latency is read at most this late. */
const POLL_MS = 25;
const SAMPLE_TIMEOUT_MS = 30_000;
const GOAL = { of: 'ours', max: 1_000 };
/** What has to hold of a bundle that ends at a checkpoint. */
const NEEDED = [
  'signature',
  'commitment',
  'inclusion',
  'entry-match',
  'log-inclusion',
  'checkpoint-signature',
];

const name = `stack: leaf accepted to checkpointed proof served, p95 at ${RATE} leaves/s`;

const stampedName = `stack: checkpoint published to time-stamp token, p95 at ${RATE} leaves/s`;

/** Asks for a bundle until it is there. */
async function served(proofUrl, { verificationId }, acceptedMs) {
  for (;;) {
    const response = await fetch(`${proofUrl}/v1/evidence/${verificationId}`);
    const text = await response.text();
    const nowMs = performance.now();
    if (response.status === 200) return { latencyMs: nowMs - acceptedMs, text };
    if (response.status !== 202 && response.status !== 404)
      throw new Error(`The proof service answered ${response.status}: ${text.slice(0, 300)}`);
    if (nowMs - acceptedMs > SAMPLE_TIMEOUT_MS) throw new Error(`No bundle after ${SAMPLE_TIMEOUT_MS} ms.`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Every sampled bundle has to verify up to its checkpoint with the operator's trust file. */
function check(text, trust) {
  const { result, steps } = verifyEvidence(text, { trust, nowMs: Date.now() });
  const missing = NEEDED.filter(
    (needed) => !steps.some((step) => step.name === needed && step.status === 'pass'),
  );
  if (result !== 'VALID' || missing.length > 0)
    throw new Error(`A bundle is ${result}; missing: ${missing}.`);
}

/**
 * Milliseconds from the publication of the first checkpoint that covers an output to the token of a time-stamping authority that
 * covers it, in the times of the anchor-worker.
 */
async function stampedAfter(proofUrl, network, { verificationId }, text) {
  const sizes = (bundle) => bundle.logProofs.map(({ treeSize }) => treeSize);
  const checkpoint = async (size) => (await fetch(`${proofUrl}/v1/checkpoints/${size}`)).json();
  const stamped = await served(
    proofUrl,
    { verificationId: `${verificationId}?require=${network}` },
    performance.now(),
  );
  const bundle = JSON.parse(stamped.text);
  const { logProof } = bundle.anchors.find((anchor) => anchor.network === network);
  const first = await checkpoint(sizes(JSON.parse(text))[0]);
  const last = await checkpoint(sizes(bundle)[logProof]);
  const { finalAt } = last.anchors.find((anchor) => anchor.network === network);
  return Date.parse(finalAt) - Date.parse(first.publishedAt);
}

function printLatencies(row, latencies, details) {
  const sorted = latencies.toSorted((a, b) => a - b);
  printRow({
    ...{
      name: row,
      baselineName: null,
      unit: 'ms',
      ours: quantile(sorted, 0.95),
      baseline: null,
      ratio: null,
    },
    goal: GOAL,
    rounds: [{ ours: quantile(sorted, 0.95), baseline: null }],
    details: {
      ...details,
      ...{
        samples: sorted.length,
        p50Ms: quantile(sorted, 0.5),
        p99Ms: quantile(sorted, 0.99),
        maxMs: sorted.at(-1),
      },
    },
  });
}

async function measure(stack) {
  const { urls, tsa } = stack.description;
  announce(`${name}, signing`);
  const gateway = await connectAsGateway(stack);
  const count = RATE * (WARM_SECONDS + SECONDS);
  const records = await signRecords(gateway.rpc, stack, sampleBodies('digits')[0], count);
  const warm = records.splice(0, RATE * WARM_SECONDS);
  await publishSteadily(gateway.publisher, warm, RATE, () => undefined);
  announce(name);
  const every = Math.round(RATE / SAMPLES_PER_SECOND);
  const asked = new Set(records.filter((_record, place) => place % every === 0));
  const samples = [];
  const rate = await publishSteadily(gateway.publisher, records, RATE, (record, acceptedMs) => {
    if (asked.has(record)) samples.push(served(urls['proof-service'], record, acceptedMs));
  });
  const results = await Promise.all(samples);
  const trust = await exportTrust(stack.description);
  for (const { text } of results) check(text, trust);
  await gateway.close();
  printLatencies(
    name,
    results.map(({ latencyMs }) => latencyMs),
    { leavesPerSecond: rate, leaves: records.length, bundlesVerified: results.length, pollMs: POLL_MS },
  );
  if (tsa === undefined) return;
  const stamped = [];
  for (const [place, record] of [...asked].entries())
    stamped.push(await stampedAfter(urls['proof-service'], tsa.network, record, results[place].text));
  printLatencies(stampedName, stamped, { authority: tsa.network });
}

if (wanted(name) || wanted(stampedName))
  await withStack(profiled(withoutPayment), ({ stack }) => measure(stack));
