// Runs every benchmark beside its baseline, prints one table and writes bench/results.json.
//   node bench/run.mjs                 all of them
//   node bench/run.mjs --only merkle   rows whose name contains the text, or all rows of the files that do
//   node bench/run.mjs --json          the content of results.json instead of the table
//   node bench/run.mjs --quick         short rounds: to see that everything works, not for figures to quote
// Every other .mjs file in this folder is a benchmark: it prints one line of JSON per row (the shape is in
// harness/row.mjs) and takes --only and --quick. A figure means something only as a ratio: machines differ and are
// noisy. A missed goal is printed, not an error; the exit code is 1 when a benchmark failed.
import { spawn } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { arch, cpus, loadavg, platform, totalmem } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { formatTable, isGoalMet } from './harness/table.mjs';

/** Longest run of one file. After it the file is asked to end, and after the grace made to. */
const FILE_MS_MAX = 900_000;
const GRACE_MS = 60_000;

const folder = fileURLToPath(new URL('.', import.meta.url));
const options = readOptions();

const started = { at: new Date().toISOString(), loadAverage: loadavg() };
const rows = [];
for (const file of readdirSync(folder)) {
  if (file.endsWith('.mjs') && file !== 'run.mjs') rows.push(...(await rowsOf(file)));
}
if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');

const results = {
  startedAt: started.at,
  quick: options.quick,
  only: options.only,
  machine: {
    processor: cpus()[0]?.model ?? 'unknown',
    processors: cpus().length,
    memoryBytes: totalmem(),
    platform: `${platform()} ${arch()}`,
    node: process.version,
    openssl: process.versions.openssl,
    loadAverageBefore: started.loadAverage,
    loadAverageAfter: loadavg(),
  },
  rows: rows.map((row) => ({ ...row, met: isGoalMet(row) })),
};
if (rows.length > 0) writeFileSync(`${folder}results.json`, `${JSON.stringify(results, null, 2)}\n`);
process.stdout.write(`${options.json ? JSON.stringify(results) : formatTable(rows).join('\n')}\n`);
if (rows.length === 0) {
  process.stderr.write(`bench: no benchmark is called "${options.only}".\n`);
  process.exitCode = 2;
}

/** The command line; one that cannot be read ends the run with 2. */
function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: 'string', default: '' },
        json: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
      },
    });
    return values;
  } catch (error) {
    process.stderr.write(`bench: ${error.message}. Options: --only TEXT, --json, --quick\n`);
    process.exit(2);
  }
}

/** The rows that one file prints. What it prints on standard error is shown when it fails. */
async function rowsOf(file) {
  const named = file.includes(options.only.toLowerCase());
  const only = named ? [] : ['--only', options.only];
  const child = spawn(
    process.execPath,
    [`${folder}${file}`, ...only, ...(options.quick ? ['--quick'] : [])],
    {
      stdio: ['ignore', 'pipe', process.stderr.isTTY ? 'inherit' : 'pipe'],
    },
  );
  const stop = (signal) => child.kill(signal);
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const asked = setTimeout(() => child.kill('SIGTERM'), FILE_MS_MAX);
  const made = setTimeout(() => child.kill('SIGKILL'), FILE_MS_MAX + GRACE_MS);
  let complaints = '';
  child.stderr?.on('data', (chunk) => (complaints += chunk));
  const ended = new Promise((resolve) => child.once('close', (code, signal) => resolve(signal ?? code)));
  const found = [];
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('{')) found.push({ file, ...JSON.parse(line) });
  }
  const outcome = await ended;
  clearTimeout(asked);
  clearTimeout(made);
  process.off('SIGINT', stop).off('SIGTERM', stop);
  if (outcome !== 0) {
    process.stderr.write(`\n${file} failed (${outcome})\n${complaints}`);
    process.exitCode = 1;
    if (outcome === 'SIGINT' || outcome === 'SIGTERM') process.exit(1);
  }
  return found;
}
