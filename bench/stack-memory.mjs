// Resident memory of every service, worker threads included, over thousands of free answers with paid ones between
// them: sampled each second, bounded, and judged for growth after a warm-up that does not count.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { announce, median, printRow, quick, wanted } from './harness/row.mjs';
import { checkout, profiled, sampleBodies, withStack } from './stack/embedded-stack.mjs';
import { httpLoad } from './stack/http-load.mjs';
import { inParallel } from './stack/in-parallel.mjs';
import { payingClient } from './stack/paying-client.mjs';
import { residentMebibytes } from './stack/processes.mjs';

const INFERENCES = quick ? 500 : 10_000;
/** Until code is compiled, pools are full and V8 has found the size of its heap. */
const WARM_UP_INFERENCES = quick ? 100 : 2_000;
const SLICES = 10;
const PAID_PER_SLICE = quick ? 2 : 10;
/** What serves payments is not warm before it served some hundred of them. */
const WARM_UP_PAYMENTS = quick ? 2 : 200;
const CLIENTS = 32;
const PAYERS = 4;
const SAMPLE_MS = 1_000;
const MOST_GOAL = { of: 'ours', max: 300 };
const GROWTH_GOAL = { of: 'ours', max: 5 };

const mostName = (service) => `stack: resident memory of ${service} over ${INFERENCES} inferences, most`;
const growthName = (service) => `stack: resident memory of ${service}, growth over the second half of them`;

/** The sample model digits twice: as it is, and for nothing under the name free-digits. */
function modelsFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'touchstone-bench-models-'));
  const source = join(checkout, 'models/digits');
  cpSync(source, join(folder, 'digits'), { recursive: true });
  cpSync(source, join(folder, 'free-digits'), { recursive: true });
  const manifest = join(folder, 'free-digits/model.json');
  const free = { ...JSON.parse(readFileSync(manifest, 'utf8')), id: 'free-digits', priceAtomic: '0' };
  writeFileSync(manifest, JSON.stringify({ ...free, name: 'Handwritten digits, free' }));
  return folder;
}

/** Samples every service each second until it is told to stop. */
function startSampling(pids, inferences) {
  const samples = Object.fromEntries(Object.keys(pids).map((service) => [service, []]));
  const take = () => {
    for (const [service, pid] of Object.entries(pids)) {
      const mebibytes = residentMebibytes(pid);
      // A service that ended fails the run by itself.
      if (mebibytes !== undefined) samples[service].push({ mebibytes, inferences: inferences() });
    }
  };
  take();
  const timer = setInterval(take, SAMPLE_MS);
  return () => {
    clearInterval(timer);
    take();
    return samples;
  };
}

/** MiB that every inference adds, by least squares. */
function slopeOf(samples) {
  const mean = (of) => samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
  const meanX = mean(({ inferences }) => inferences);
  const meanY = mean(({ mebibytes }) => mebibytes);
  const spread = samples.reduce((sum, { inferences }) => sum + (inferences - meanX) ** 2, 0);
  const common = samples.reduce(
    (sum, { inferences, mebibytes }) => sum + (inferences - meanX) * (mebibytes - meanY),
    0,
  );
  return spread === 0 ? 0 : common / spread;
}

function printMost(service, samples) {
  const figures = samples.map(({ mebibytes }) => mebibytes);
  const quarter = Math.ceil(figures.length / 4);
  const most = Math.max(...figures);
  printRow({
    name: mostName(service),
    baselineName: null,
    unit: 'MiB',
    ours: most,
    baseline: null,
    ratio: null,
    goal: MOST_GOAL,
    rounds: [{ ours: most, baseline: null }],
    details: {
      start: figures[0],
      median: median(figures),
      medianOfSecondQuarter: median(figures.slice(quarter, 2 * quarter)),
      medianOfLastQuarter: median(figures.slice(-quarter)),
      samples: figures.length,
    },
  });
}

/** Growth along the line through the samples of the second half, as a share of their median. */
function printGrowth(service, samples) {
  const counted = samples.filter(({ inferences }) => inferences >= WARM_UP_INFERENCES + INFERENCES / 2);
  const slope = slopeOf(counted);
  const percent = (slope * (INFERENCES / 2) * 100) / median(counted.map(({ mebibytes }) => mebibytes));
  printRow({
    name: growthName(service),
    baselineName: null,
    unit: '%',
    ours: percent,
    baseline: null,
    ratio: null,
    goal: quick ? null : GROWTH_GOAL,
    rounds: [{ ours: percent, baseline: null }],
    details: { mebibytesPerThousandInferences: slope * 1_000, samples: counted.length },
  });
}

async function soak({ stack, stateDir }) {
  const url = stack.description.urls['inference-gateway'];
  const { port, host } = new URL(url);
  const bodies = sampleBodies('digits');
  const requests = bodies.map((body) => ({
    method: 'POST',
    path: '/v1/models/free-digits/infer',
    host,
    headers: { 'content-type': 'application/json' },
    body,
  }));
  const client = payingClient(stack.description, stateDir, `${url}/v1/models/digits/infer`);
  let done = 0;
  const stop = startSampling(stack.pids(), () => done);
  const load = async (total, payments) => {
    announce(`stack: memory, ${done} inferences`);
    const bought = Array.from({ length: payments }, (_, index) => bodies[index % bodies.length]);
    const paid = inParallel(bought, PAYERS, (body) => client.infer(body));
    await httpLoad({ port: Number(port), requests, clients: CLIENTS, total });
    await paid;
    done += total;
  };
  await load(WARM_UP_INFERENCES, WARM_UP_PAYMENTS);
  for (let slice = 0; slice < SLICES; slice += 1) await load(INFERENCES / SLICES, PAID_PER_SLICE);
  // What is still on its way through the log and the chain belongs to it.
  await sleep(3 * SAMPLE_MS);
  return stop();
}

const folder = modelsFolder();
try {
  if (wanted('stack: resident memory') || [mostName(''), growthName('')].some(wanted))
    await withStack(profiled({ 'inference-gateway': { TOUCHSTONE_MODELS_DIR: folder } }), async (running) => {
      const samples = await soak(running);
      for (const [service, taken] of Object.entries(samples)) {
        printMost(service, taken);
        printGrowth(service, taken);
      }
    });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
