// What the options of an ONNX session cost and bring: those of the gateway beside one change of them, each in a process of its own.
// Rates and times are of the runs alone; memory is what the process holds at the end.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { announce, median, printRow, quick, wanted } from './harness/row.mjs';
import { MODELS } from './sessions/models.mjs';

const RUNNER = fileURLToPath(new URL('sessions/runner.mjs', import.meta.url));
const ROUNDS = quick ? 1 : 3;
const MEASURED_MS = quick ? 200 : 800;

/** One change each. */
const CHANGES = {
  'two threads for a run': { intraOpNumThreads: 2 },
  'the threads that the runtime chooses': { intraOpNumThreads: 0 },
  'branches of the graph in parallel': { executionMode: 'parallel', interOpNumThreads: 2 },
  'no arena for memory': { enableCpuMemArena: false },
  'no plan for memory': { enableMemPattern: false },
  'basic optimisations alone': { graphOptimizationLevel: 'basic' },
  'no optimisations': { graphOptimizationLevel: 'disabled' },
};

/** One process that runs a model in so many threads at once; what it prints. */
async function measure(model, threads, change) {
  const job = JSON.stringify({ model, threads, change, milliseconds: MEASURED_MS });
  const child = spawn(process.execPath, [RUNNER, job], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk) => (text += chunk));
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`the runs of ${model} with ${JSON.stringify(change)} ended with ${code}`);
  return JSON.parse(text);
}

const digestOf = ({ outputs }) => createHash('sha256').update(outputs).digest('hex');

const cores = availableParallelism();
for (const model of Object.keys(MODELS))
  for (const threads of new Set([1, cores]))
    for (const [words, change] of Object.entries(CHANGES)) {
      const name = `sessions: ${model}, ${threads} ${threads === 1 ? 'run' : 'runs'} at once`;
      if (!wanted(name)) continue;
      announce(`${name}, beside ${words}`);
      const rounds = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        const order = round % 2 === 0 ? [{}, change] : [change, {}];
        const found = [];
        for (const options of order) found.push(await measure(model, threads, options));
        const [own, changed] = round % 2 === 0 ? found : found.reverse();
        rounds.push({ own, changed });
      }
      const of = (side, figure) => median(rounds.map((round) => round[side][figure]));
      printRow({
        ...{ name, baselineName: words, unit: '/s', goal: null },
        ours: of('own', 'rate'),
        baseline: of('changed', 'rate'),
        ratio: median(rounds.map(({ own, changed }) => own.rate / changed.rate)),
        rounds: rounds.map(({ own, changed }) => ({ ours: own.rate, baseline: changed.rate })),
        details: {
          p99Ms: { ours: of('own', 'p99Ms'), baseline: of('changed', 'p99Ms') },
          residentMiB: { ours: of('own', 'residentMiB'), baseline: of('changed', 'residentMiB') },
          loadMs: { ours: of('own', 'loadMs'), baseline: of('changed', 'loadMs') },
          sameBits: rounds.every(({ own, changed }) => digestOf(own) === digestOf(changed)),
        },
      });
    }
