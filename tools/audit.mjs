// Asks the registry for advisories about the packages that ship, and judges them: node tools/audit.mjs
// High and critical ones fail, but for those of tools/supply-chain/judge-advisories.mjs. Where the registry does not answer, one line
// says so and nothing fails.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { judgeAdvisories, unanswered } from './supply-chain/judge-advisories.mjs';

const ANSWER_TIMEOUT_MS = 10_000;
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;
const root = fileURLToPath(new URL('..', import.meta.url));

function main() {
  const waits = ['--fetch-retries=0', `--fetch-timeout=${ANSWER_TIMEOUT_MS}`];
  const { stdout, stderr, error } = spawnSync('npm', ['audit', '--omit=dev', '--json', ...waits], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: OUTPUT_BYTES_MAX,
  });
  if (error) throw error;
  let report;
  try {
    report = JSON.parse(stdout);
  } catch {
    throw new Error(`npm audit printed no JSON: ${stderr.trim() || stdout.trim()}`);
  }
  const why = unanswered(report);
  if (why !== undefined) {
    process.stdout.write(
      `audit: the registry does not answer for advisories (${why}); nothing was judged.\n`,
    );
    return;
  }
  const { refused, noted } = judgeAdvisories(report, new Date().toISOString().slice(0, 10));
  for (const text of noted) process.stdout.write(`audit: noted: ${text}\n`);
  for (const text of refused) process.stderr.write(`audit: ${text}\n`);
  if (refused.length > 0) process.exitCode = 1;
  else process.stdout.write('audit: no high or critical advisory that was not judged.\n');
}

try {
  main();
} catch (error) {
  process.stderr.write(`audit: ${error.message}\n`);
  process.exitCode = 1;
}
