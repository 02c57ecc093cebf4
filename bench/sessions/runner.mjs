// Runs one model in threads of this process, as the gateway's pool does, and prints what came of it as one line of JSON.
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { sessionOptions } from '../../apps/inference-gateway/worker/session-options.mjs';
import { MODELS } from './models.mjs';

const WARM_UP_RUNS = 20;

if (isMainThread) await runThreads(JSON.parse(process.argv[2]));
else await runOne(workerData);

async function runThreads(job) {
  const workers = Array.from(
    { length: job.threads },
    () => new Worker(new URL(import.meta.url), { workerData: job }),
  );
  const answers = () =>
    Promise.all(workers.map((worker) => once(worker, 'message').then(([found]) => found)));
  const loaded = await answers();
  const found = answers();
  for (const worker of workers) worker.postMessage('run');
  const results = await found;
  const times = results.flatMap(({ times: of }) => of).sort((left, right) => left - right);
  const figures = {
    rate: results.reduce((sum, { rate }) => sum + rate, 0),
    p99Ms: times[Math.ceil(times.length * 0.99) - 1],
    loadMs: Math.max(...loaded),
    residentMiB: process.memoryUsage.rss() / 1_048_576,
    outputs: results[0].outputs,
  };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
  process.exit(0);
}

async function runOne({ model, change, milliseconds }) {
  // The runtime lies where the gateway finds it.
  const installed = createRequire(new URL('../../apps/inference-gateway/package.json', import.meta.url));
  const { InferenceSession, Tensor } = installed('onnxruntime-node');
  const { file, name, input } = MODELS[model];
  const bytes = file();
  const begun = performance.now();
  const session = await InferenceSession.create(bytes, { ...sessionOptions, ...change });
  const loadMs = performance.now() - begun;
  const { type, shape, data } = input();
  const run = () => session.run({ [name]: new Tensor(type, data, shape) });
  for (let count = 0; count < WARM_UP_RUNS; count += 1) await run();
  parentPort.postMessage(loadMs);
  await once(parentPort, 'message');
  const times = [];
  let last;
  const started = performance.now();
  while (performance.now() - started < milliseconds) {
    const before = performance.now();
    last = await run();
    times.push(performance.now() - before);
  }
  const rate = (times.length * 1_000) / (performance.now() - started);
  const outputs = session.outputNames.map((output) =>
    Buffer.from(
      last[output].data.buffer,
      last[output].data.byteOffset,
      last[output].data.byteLength,
    ).toString('hex'),
  );
  parentPort.postMessage({ rate, times, outputs: outputs.join('|') });
}
