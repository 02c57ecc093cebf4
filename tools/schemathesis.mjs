// Tests the HTTP interfaces of a whole stack against their own OpenAPI documents, with schemathesis and every check on.
//   node tools/schemathesis.mjs            seed 1, 25 examples an operation
//   node tools/schemathesis.mjs --seed 7 --examples 100
// Needs what `touchstone up` needs, and schemathesis: from PATH, or installed once into node_modules/.cache by
// `python3 -m venv` and pip. Exit code: 0 no finding, 1 findings, 2 usage, 3 schemathesis is not there.
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { serviceNames } from '../libs/contracts/dist/index.js';
import { startStack } from '../libs/embedded/dist/index.js';

const VERSION = '4.32.5';
/** Seconds for all services together; what is not done by then counts as failed. */
const BUDGET_SECONDS = 240;
const INSTALL_TIMEOUT_MS = 120_000;
const root = fileURLToPath(new URL('..', import.meta.url));
const venv = join(root, 'node_modules/.cache/schemathesis', VERSION);

const { seed, examples } = readOptions();

function readOptions() {
  const integer = (text) => (/^[1-9][0-9]{0,5}$/.test(text) ? text : undefined);
  try {
    const { values } = parseArgs({
      options: { seed: { type: 'string', default: '1' }, examples: { type: 'string', default: '25' } },
    });
    const read = { seed: integer(values.seed), examples: integer(values.examples) };
    if (read.seed !== undefined && read.examples !== undefined) return read;
    throw new Error('--seed and --examples are whole numbers from 1 to 999999.');
  } catch (error) {
    process.stderr.write(`schemathesis: ${error.message}\n`);
    process.exit(2);
  }
}

/** The program, of PATH where its version is the pinned one, else of a virtual environment of our own. */
function findSchemathesis() {
  const onPath = spawnSync('schemathesis', ['--version'], { encoding: 'utf8' });
  if (onPath.status === 0 && onPath.stdout.includes(VERSION)) return 'schemathesis';
  const installed = join(venv, 'bin/schemathesis');
  if (existsSync(installed)) return installed;
  const steps = [
    ['python3', ['-m', 'venv', venv]],
    [
      join(venv, 'bin/pip'),
      ['install', '--quiet', '--disable-pip-version-check', `schemathesis==${VERSION}`],
    ],
  ];
  for (const [command, args] of steps) {
    const { status, stderr, error } = spawnSync(command, args, {
      encoding: 'utf8',
      timeout: INSTALL_TIMEOUT_MS,
    });
    if (status === 0) continue;
    rmSync(venv, { recursive: true, force: true });
    process.stderr.write(
      `schemathesis: ${command} failed: ${(error?.message ?? stderr).trim().slice(0, 500)}\n` +
        `Put schemathesis ${VERSION} on PATH (pip install schemathesis==${VERSION}) and run again.\n`,
    );
    process.exit(3);
  }
  return installed;
}

function run(program, url, headers) {
  const args = ['--config-file', join(root, 'tools/schemathesis.toml'), 'run', `${url}/openapi.json`];
  args.push('--checks', 'all', '--seed', seed, '--max-examples', examples, '--no-color', '--warnings', 'off');
  for (const header of headers) args.push('--header', header);
  return new Promise((resolve) => {
    const left = Math.max(1, Math.round(BUDGET_SECONDS - (performance.now() - startedMs) / 1_000));
    const child = spawn('timeout', [String(left), program, ...args], { cwd: scratch });
    const chunks = [];
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.stderr.on('data', (chunk) => chunks.push(chunk));
    child.on('error', (error) => resolve({ status: 1, text: error.message }));
    child.on('close', (status) => resolve({ status, text: Buffer.concat(chunks).toString() }));
  });
}

/** `Tested: 4`, `547 generated, 4 found 4 unique failures`. */
function figures(text) {
  const operations = /Tested: (\d+)/.exec(text)?.[1] ?? '?';
  const cases = /(\d+) generated/.exec(text)?.[1] ?? '?';
  const findings = /found (\d+) unique failure/.exec(text)?.[1] ?? (/\d+ passed/.test(text) ? '0' : '?');
  return { operations, cases, findings };
}

const token = () => randomBytes(32).toString('hex');
const signerCallers = ['inference-gateway', 'anchor-worker', 'payment-verifier'];
const tokens = Object.fromEntries(signerCallers.map((caller) => [caller, token()]));
const settler = token();
const scratch = mkdtempSync(join(tmpdir(), 'touchstone-schemathesis-'));
const stateDir = join(scratch, 'state');

const program = findSchemathesis();
let failed = false;
const stack = await startStack({
  root,
  stateDir,
  services: [...serviceNames],
  restart: false,
  durable: false,
  environment: process.env,
  settings: {
    signer: { TOUCHSTONE_SIGNER_TOKENS: JSON.stringify(tokens) },
    'payment-verifier': { TOUCHSTONE_FACILITATOR_TOKENS: JSON.stringify({ shop: settler }) },
  },
  onExit: (part, exit) => {
    failed = true;
    process.stderr.write(`schemathesis: ${part} ended: ${exit}\n`);
  },
});
/** Each service without credentials, and where an interface asks for them, as every caller that it knows. */
const callers = {
  'inference-gateway': [['operator', readOperatorToken()]],
  signer: signerCallers.map((caller) => [caller, tokens[caller]]),
  'payment-verifier': [['shop', settler]],
};

function readOperatorToken() {
  const text = readFileSync(join(stateDir, 'secrets/operator.env'), 'utf8');
  return /^TOUCHSTONE_OPERATOR_TOKEN=(.+)$/m.exec(text)[1];
}

const startedMs = performance.now();
try {
  process.stdout.write(`seed ${seed}, ${examples} examples, schemathesis ${VERSION}\n\n`);
  process.stdout.write(`${'SERVICE'.padEnd(20)}${'CALLER'.padEnd(20)}OPERATIONS  CASES  FINDINGS\n`);
  for (const [service, url] of Object.entries(stack.description.urls)) {
    for (const [caller, secret] of [['–', undefined], ...(callers[service] ?? [])]) {
      const headers = secret === undefined ? [] : [`Authorization: Bearer ${secret}`];
      const { status, text } = await run(program, url, headers);
      const { operations, cases, findings } = figures(text);
      process.stdout.write(
        `${service.padEnd(20)}${caller.padEnd(20)}${operations.padStart(10)}${cases.padStart(7)}${findings.padStart(10)}\n`,
      );
      if (status === 0) continue;
      failed = true;
      process.stdout.write(status === 124 ? `not done after ${BUDGET_SECONDS} s in all\n` : `${text}\n`);
    }
  }
} finally {
  await stack.stop();
  rmSync(scratch, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;
