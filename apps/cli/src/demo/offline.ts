import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { runTouchstone } from './run-touchstone.js';
import type { StepLog } from './step-log.js';

const report = z.object({
  result: z.enum(['VALID', 'INVALID']),
  label: z.string(),
  steps: z.array(z.object({ name: z.string(), status: z.string(), detail: z.string().optional() })),
});

/** Verifies in a process of its own, as a stranger would, with nothing running. */
export async function verifyOffline(
  log: StepLog,
  checkout: string,
  folder: string,
  networks: readonly string[],
): Promise<void> {
  const evidence = join(folder, 'evidence.json');
  const trust = join(folder, 'trust.json');
  log.print(`   $ npx touchstone verify ${evidence} --trust ${trust}`);
  const text = await runVerify(checkout, [evidence, '--trust', trust]);
  log.print(text.output.trimEnd().replace(/^/gm, '   '));
  const strict = await runVerify(checkout, [
    evidence,
    '--trust',
    trust,
    '--require',
    'L2',
    '--allow-test',
    '--json',
  ]);
  const { result, label, steps } = report.parse(JSON.parse(strict.output));
  log.check(
    'the evidence verifies offline with the label L2-test',
    text.exitCode === 0 && strict.exitCode === 0 && result === 'VALID' && label === 'L2-test',
  );
  const anchors = steps.filter(({ name, status }) => name === 'anchor' && status === 'pass');
  log.check(
    `it carries ${networks.length} final anchors that hold: ${networks.join(', ')}`,
    anchors.length === networks.length,
  );
  const event = join(folder, 'event-evidence.json');
  const ofEvent = await runVerify(checkout, [
    ...[event, '--trust', trust, '--require', 'L2', '--allow-test', '--json'],
  ]);
  log.check(
    'the evidence of one device event verifies offline with the label L2-test',
    ofEvent.exitCode === 0 && report.parse(JSON.parse(ofEvent.output)).label === 'L2-test',
  );
  const blind = await runVerify(checkout, [evidence, '--json']);
  log.check(
    'without a trust file nothing is proven (L0, exit code 1)',
    blind.exitCode === 1 && report.parse(JSON.parse(blind.output)).label === 'L0',
  );
}

/** Changes one byte of the evidence and shows which step notices. */
export async function tamper(log: StepLog, checkout: string, folder: string): Promise<void> {
  const original = await readFile(join(folder, 'evidence.json'), 'utf8');
  const changed = join(folder, 'evidence-changed.json');
  await writeFile(changed, changeOutput(original));
  const verified = await runVerify(checkout, [changed, '--trust', join(folder, 'trust.json'), '--json']);
  const { result, steps } = report.parse(JSON.parse(verified.output));
  const failed = steps.filter(({ status }) => status === 'fail');
  for (const step of failed) log.print(`   ${step.name}: ${step.detail ?? ''}`);
  log.check(
    'one changed byte of the output makes the evidence INVALID and names the step',
    verified.exitCode === 1 && result === 'INVALID' && failed.some(({ name }) => name === 'subject-outputs'),
  );
}

/** Replaces one base64 character in the first output tensor by another valid one. */
function changeOutput(text: string): string {
  const start = text.indexOf('"outputs":[{"data":"') + '"outputs":[{"data":"'.length;
  const replacement = text[start] === 'A' ? 'B' : 'A';
  return text.slice(0, start) + replacement + text.slice(start + 1);
}

const runVerify = (checkout: string, args: readonly string[]) => runTouchstone(checkout, ['verify', ...args]);
