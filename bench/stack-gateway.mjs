// Throughput of the gateway with payment off, signature and durable record on, beside a bare node:http server that
// runs the same ONNX session and answers the same bytes, and beside the same server when it signs and stores as well:
// the most that one process could reach. One load process asks all of them, in turns.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { startPostgres } from '../libs/embedded/dist/index.js';
import { announce, median, printRow, quick, wanted } from './harness/row.mjs';
import { writeDenseModel } from './stack/dense-model.mjs';
import { checkout, profiled, sampleBodies, withStack } from './stack/embedded-stack.mjs';
import { httpLoad } from './stack/http-load.mjs';
import { cpuSeconds, partsOf } from './stack/processes.mjs';

const CLIENTS = 32;
const WARM_SECONDS = quick ? 1 : 5;
const OURS_SECONDS = quick ? 1 : 4;
const BASELINE_SECONDS = quick ? 1 : 2;
/** What the answers caused downstream must not run into the next baseline. */
const PAUSE_MS = quick ? 100 : 1_500;
/** A process that takes less of an inference has nothing to do with it. */
const SHOWN_FROM_MS = 0.05;
const GOAL = { of: 'ratio', min: 0.15 };
/**
 * Models by id. Runs of the samples are shorter than an HTTP request, so digits shows what evidence costs by itself;
 * the goal is about the larger of two dense models, which is closer to what is sold, though still small (ADR 0012).
 */
const models = {
  digits: { label: 'digits', rounds: quick ? 1 : 5 },
  'breast-cancer': { label: 'breast-cancer', rounds: 1 },
  'financial-sentiment': { label: 'financial-sentiment', rounds: 1 },
  'dense-1m': { label: 'a model of 1.1 million weights', rounds: quick ? 1 : 3, width: 1_024 },
  'dense-4m': { label: 'a model of 4.3 million weights', rounds: quick ? 1 : 5, width: 2_048, goal: GOAL },
};

const rateName = (model) =>
  `stack: inferences of ${models[model].label}, ${CLIENTS} callers, signed and recorded`;
const stageName = (model) => `stack: time of one answer of ${models[model].label}`;
const costName = (model) => `stack: processor time of one inference of ${models[model].label}`;

/** The samples, and the dense models beside them. */
function writeModels() {
  const folder = mkdtempSync(join(tmpdir(), 'touchstone-bench-models-'));
  const samples = join(checkout, 'models');
  for (const [id, { width }] of Object.entries(models)) {
    if (width === undefined) cpSync(join(samples, id), join(folder, id), { recursive: true });
    else writeDenseModel({ modelsFolder: folder, id, width, digits: join(samples, 'digits') });
  }
  return folder;
}

/** Starts a baseline of a model, which answers the bytes that the gateway answered; with a database it stores them. */
async function startBare(file, answer, databaseUrl) {
  const child = spawn(process.execPath, [join(checkout, 'bench/stack/bare-onnx-server.mjs')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.write(`${JSON.stringify({ file, answer, databaseUrl })}\n`);
  const [port] = await once(child.stdout, 'data');
  return { port: Number(String(port)), stop: () => child.stdin.end() };
}

async function measure(model, { stack, parts, database, folder }) {
  const gatewayUrl = stack.description.urls['inference-gateway'];
  const metricsUrl = `http://127.0.0.1:${stack.description.services['inference-gateway'].health}/metrics`;
  const { port, host } = new URL(gatewayUrl);
  const path = `/v1/models/${model}/infer`;
  const headers = { 'content-type': 'application/json' };
  const bodies = sampleBodies(models[model].width === undefined ? model : 'digits');
  const first = await fetch(`${gatewayUrl}${path}`, { method: 'POST', headers, body: bodies[0] });
  if (first.status !== 200) throw new Error(`The gateway answered ${first.status}: ${await first.text()}`);
  const answer = await first.text();
  const file = join(folder, model, 'model.onnx');
  const bare = await startBare(file, answer);
  const recording = await startBare(file, answer, database.url());
  const requests = bodies.map((body) => ({ method: 'POST', path, host, headers, body }));
  const load = (to, seconds) => httpLoad({ port: Number(to), requests, clients: CLIENTS, seconds });
  await load(port, WARM_SECONDS);
  await load(bare.port, WARM_SECONDS / 2);
  await load(recording.port, WARM_SECONDS / 2);
  const results = [];
  for (let round = 0; round < models[model].rounds; round += 1) {
    announce(`${rateName(model)}, round ${round + 1}`);
    const baseline = await load(bare.port, BASELINE_SECONDS);
    const recorded = await load(recording.port, BASELINE_SECONDS);
    const stagesBefore = await stageTimes(metricsUrl);
    const before = cpuSeconds(parts);
    const ours = await load(port, OURS_SECONDS);
    const after = cpuSeconds(parts);
    const stages = meansBetween(stagesBefore, await stageTimes(metricsUrl));
    results.push({ ours, baseline, recorded, before, after, stages });
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  bare.stop();
  recording.stop();
  return results;
}

/** The row of the goal, and the same answers beside one process that signs and stores them. */
function printRates(model, results) {
  printRate(model, results, {
    name: 'bare node:http with the same ONNX session',
    of: ({ baseline }) => baseline,
    goal: models[model].goal ?? null,
  });
  printRate(model, results, {
    name: 'the same, which also signs and stores, in one process',
    of: ({ recorded }) => recorded,
    goal: null,
  });
}

function printRate(model, results, { name, of, goal }) {
  const pairs = results.map((result) => ({ ours: result.ours.rate, baseline: of(result).rate }));
  printRow({
    name: rateName(model),
    baselineName: name,
    unit: '/s',
    ours: median(pairs.map(({ ours }) => ours)),
    baseline: median(pairs.map(({ baseline }) => baseline)),
    ratio: median(pairs.map(({ ours, baseline }) => ours / baseline)),
    goal,
    rounds: pairs,
    details: {
      p50Ms: median(results.map(({ ours }) => ours.p50)),
      p95Ms: median(results.map(({ ours }) => ours.p95)),
      baselineP50Ms: median(results.map((result) => of(result).p50)),
      loadProcessors: median(results.map(({ ours }) => ours.cpuShare)),
      baselineLoadProcessors: median(results.map((result) => of(result).cpuShare)),
    },
  });
}

/** Seconds and count of every stage of an answer so far, and of the whole answer. */
async function stageTimes(metricsUrl) {
  const text = await (await fetch(metricsUrl)).text();
  const times = {};
  const sample =
    /^touchstone_gateway_(inference|stage)_seconds_(sum|count)\{(?:[^}]*stage="(\w+)")?[^}]*\} (\S+)$/gm;
  for (const [, kind, figure, stage, value] of text.matchAll(sample)) {
    const name = kind === 'stage' ? stage : 'whole answer';
    times[name] ??= { sum: 0, count: 0 };
    times[name][figure] += Number(value);
  }
  return times;
}

/** Mean milliseconds of each stage between two looks. */
function meansBetween(before, after) {
  return Object.fromEntries(
    Object.entries(after).map(([stage, { sum, count }]) => {
      const from = before[stage] ?? { sum: 0, count: 0 };
      return [stage, ((sum - from.sum) * 1_000) / Math.max(1, count - from.count)];
    }),
  );
}

/** One figure of every round that stands for itself. */
function printMilliseconds(name, rounds, details) {
  printRow({
    name,
    baselineName: null,
    unit: 'ms',
    ours: median(rounds),
    baseline: null,
    ratio: null,
    goal: null,
    rounds: rounds.map((ours) => ({ ours, baseline: null })),
    ...(details ? { details } : {}),
  });
}

/** What a caller waits for: each stage with its queues, 32 callers at once. */
function printStages(model, results) {
  for (const stage of Object.keys(results[0].stages))
    printMilliseconds(
      `${stageName(model)}: ${stage}`,
      results.map(({ stages }) => stages[stage]),
    );
}

/** Where the time goes: the processor time of each process for one answer, everything behind the answer included. */
function printCost(model, results) {
  const costs = results.map(({ ours, before, after }) =>
    Object.fromEntries(
      Object.keys(after).map((part) => [part, ((after[part] - before[part]) * 1_000) / ours.count]),
    ),
  );
  const totals = costs.map((cost) => Object.values(cost).reduce((sum, value) => sum + value, 0));
  const parts = Object.keys(costs[0]);
  const ofPart = (part) => costs.map((cost) => cost[part]);
  const byProcess = Object.fromEntries(parts.map((part) => [part, median(ofPart(part))]));
  printMilliseconds(costName(model), totals, { millisecondsByProcess: byProcess });
  for (const part of parts.filter((name) => byProcess[name] >= SHOWN_FROM_MS))
    printMilliseconds(`${costName(model)}: ${part}`, ofPart(part));
}

const namesOf = (model) => [rateName(model), costName(model), stageName(model)];
const chosen = Object.keys(models).filter((model) => namesOf(model).some(wanted));

async function measureAll(folder) {
  const settings = { 'inference-gateway': { TOUCHSTONE_PAYMENT_MODE: 'off', TOUCHSTONE_MODELS_DIR: folder } };
  await withStack(profiled(settings), async ({ stack, stateDir }) => {
    const parts = partsOf(stack, stateDir);
    const dataDir = join(dirname(stateDir), 'bare-postgres', 'data');
    const database = await startPostgres({ dataDir, password: randomUUID() });
    try {
      for (const model of chosen) {
        const results = await measure(model, { stack, parts, database, folder });
        if (wanted(rateName(model))) printRates(model, results);
        if (wanted(stageName(model))) printStages(model, results);
        if (wanted(costName(model))) printCost(model, results);
      }
    } finally {
      await database.stop();
    }
  });
}

if (chosen.length > 0) {
  const folder = writeModels();
  try {
    await measureAll(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
