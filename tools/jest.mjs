// Runs Jest in native ESM: `node tools/jest.mjs [quick|system|exhaustive] [what Jest takes]`; without a word all specs.
//   quick       all but the other two
//   system      whole stacks, and what takes processes, failing servers, real waits or another implementation (*.system.spec.ts)
//   exhaustive  everything that we can think of (*.exhaustive.spec.ts), and 20,000 histories of a payment; what measures an event loop
//               comes last and alone
// With CI set, up to AGAIN_FILES_MAX system specs that failed run once more, one after the other and with nothing beside them: their
// waits are bounded, and two whole stacks on two cores may outlast them. What passes then is named as flaky (docs/adr/0029).
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const AGAIN_FILES_MAX = 4;

const SYSTEM = '[.]system[.]spec';
const EXHAUSTIVE = '[.]exhaustive[.]spec|payment-histories';
/** Specs that measure how long an event loop waits: with others beside them they would measure those. */
const ALONE = 'event-loop[.]exhaustive[.]spec';
/** Leaves out all but these, and takes the paths that are given beside. */
const only = (pattern) => ['--testPathIgnorePatterns', `^(?!.*(?:${pattern}))`];

const kinds = {
  quick: { arguments: ['--testPathIgnorePatterns', '[.](system|exhaustive)[.]spec'] },
  system: { arguments: only(SYSTEM), again: process.env.CI !== undefined },
  exhaustive: { arguments: only(EXHAUSTIVE), alone: ALONE, environment: { HISTORY_RUNS: '20000' } },
};

const root = fileURLToPath(new URL('..', import.meta.url));
const jest = fileURLToPath(new URL('../node_modules/jest/bin/jest.js', import.meta.url));
const [first, ...rest] = process.argv.slice(2);
const kind = first === undefined ? undefined : kinds[first];
const given = kind ? [...rest, ...kind.arguments] : process.argv.slice(2);

/** Jest with these words. */
function start(words, stdio) {
  const node = ['--experimental-vm-modules', '--no-warnings=ExperimentalWarning'];
  const env = { ...process.env, ...kind?.environment };
  return spawn(process.execPath, [...node, jest, '-c', `${root}jest.config.mjs`, ...words], {
    ...{ cwd: root, stdio, env },
  });
}

function run(words) {
  const child = start(words, 'inherit');
  const pass = (signal) => () => child.kill(signal);
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, pass(signal));
  return new Promise((resolve) => {
    child.on('exit', (code, signal) => resolve({ code: signal ? 1 : (code ?? 1), signal }));
  });
}

/** Paths of the spec files that failed; undefined where Jest wrote no report. */
function failedFiles(report) {
  try {
    const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
    return testResults.filter(({ status }) => status === 'failed').map(({ name }) => relative(root, name));
  } catch {
    return undefined;
  }
}

async function runTwice() {
  const folder = mkdtempSync(join(tmpdir(), 'touchstone-jest-'));
  const report = join(folder, 'report.json');
  try {
    const { code, signal } = await run([...given, '--json', '--outputFile', report]);
    const failed = code === 0 || signal ? [] : (failedFiles(report) ?? []);
    if (failed.length === 0 || failed.length > AGAIN_FILES_MAX) return code;
    console.error(
      `\nOnce more, with nothing beside them:\n${failed.map((file) => `  ${file}`).join('\n')}\n`,
    );
    const again = await run(['--runInBand', '--runTestsByPath', ...failed]);
    if (again.code === 0)
      for (const file of failed) console.error(`FLAKY ${file}: failed beside others, passed alone`);
    return again.code;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** How many spec files these words name. */
async function countOf(words) {
  const child = start([...words, '--listTests'], ['ignore', 'pipe', 'inherit']);
  let text = '';
  child.stdout.on('data', (chunk) => (text += chunk));
  await new Promise((resolve) => child.on('close', resolve));
  return text.split('\n').filter((line) => line !== '').length;
}

/** Those that have to be alone come after the others, one by one. */
async function runApart() {
  // Either half may have nothing to run, but not both: Jest says so and fails.
  if ((await countOf(given)) === 0) return (await run(given)).code;
  const others = await run([...given, '--testPathIgnorePatterns', kind.alone, '--passWithNoTests']);
  if (others.signal) return others.code;
  const alone = await run([...rest, ...only(kind.alone), '--runInBand', '--passWithNoTests']);
  return others.code || alone.code;
}

if (kind?.again) process.exitCode = await runTwice();
else if (kind?.alone) process.exitCode = await runApart();
else process.exitCode = (await run(given)).code;
