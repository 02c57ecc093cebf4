import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Payer } from '../stack/payer.js';
import { formatAtomic } from '../stack/price.js';
import { offeredProof, orderProof } from '../stack/proofs.js';
import { printableLine } from '../terminal/printable.js';
import { classify, printClassified, type Digit } from './digits.js';
import { runTouchstone } from './run-touchstone.js';
import type { StepLog } from './step-log.js';

/** The sample model in whole numbers, with the keys of its circuit. */
const MODEL = 'digits-int';

/** How long the prover of a stack that has just started may take for its examination. */
const PROVER_TIMEOUT_MS = 120_000;

const report = z.object({
  label: z.string(),
  steps: z.array(z.object({ name: z.string(), status: z.string(), detail: z.string().optional() })),
});

/** Pays the integer version of the model for one digit. @returns the verification id */
export async function payForProvable(
  log: StepLog,
  payer: Payer,
  gateway: string,
  digit: Digit,
): Promise<string> {
  const classified = await classify(payer, `${gateway}/v1/models/${MODEL}/infer`, [digit]);
  printClassified(log, classified);
  return classified[0]?.answer.verificationId ?? '';
}

/** Pays for the proof of that answer. */
export async function payForProof(
  log: StepLog,
  payer: Payer,
  gateway: string,
  verificationId: string,
): Promise<void> {
  const { quote } = await offeredProof(gateway, verificationId, PROVER_TIMEOUT_MS);
  const price = formatAtomic(quote?.price?.amount ?? '0');
  log.print(printableLine(`   offered for ${price}, in about ${quote?.expectedMs} ms`));
  const { status, answer } = await orderProof(payer.fetch, gateway, verificationId);
  log.print(
    printableLine(
      `   proved in ${answer?.prover.milliseconds} ms by ${answer?.prover.name}; set-up ${answer?.circuit.setup}`,
    ),
  );
  log.check('a proof is made, verified, and only then paid for', status === 200 && answer?.payment !== null);
  const again = await orderProof(fetch, gateway, verificationId);
  log.check('whoever asks again gets it for nothing', again.status === 200 && again.isReplayed);
}

/** Runs the model of the paid answer again, as whoever holds its file can. */
export async function replayOffline(log: StepLog, checkout: string, folder: string): Promise<void> {
  const model = join(checkout, 'models', 'digits', 'model.onnx');
  const { exitCode, output } = await touchstone(log, checkout, [
    ...['replay', join(folder, 'evidence.json'), '--model', model],
  ]);
  log.print(output.trimEnd().replace(/^/gm, '   '));
  log.check('the model gives the signed output for the disclosed input again', exitCode === 0);
}

/** Has both verifiers judge the proof with nothing running, before and after one signal is changed. */
export async function verifyProofOffline(log: StepLog, checkout: string, folder: string): Promise<void> {
  const file = (name: string): string => join(checkout, 'models', MODEL, name);
  const [withProof, trust] = ['proven.json', 'trust.json'].map((name) => join(folder, name)) as [
    string,
    string,
  ];
  const verified = await verify(log, checkout, [
    withProof,
    '--trust',
    trust,
    '--require',
    'L5',
    '--allow-test',
  ]);
  log.check(
    'the proof verifies offline: the label is L5-test',
    verified.exitCode === 0 && verified.label === 'L5-test',
  );
  const replayed = await touchstone(log, checkout, [
    ...['replay', withProof, '--model', file('model.onnx'), '--circuit', file('circuit.json')],
  ]);
  log.print(replayed.output.trimEnd().replace(/^/gm, '   '));
  log.check('whoever has the model file gets the same numbers again', replayed.exitCode === 0);
  const changed = join(folder, 'proven-changed.json');
  await writeFile(changed, changeSignal(await readFile(withProof, 'utf8')));
  const refused = await verify(log, checkout, [changed, '--trust', trust, '--require', 'L5', '--allow-test']);
  log.check(
    `one changed signal, and the label is L2-test: ${refused.zk?.detail ?? ''}`,
    refused.exitCode === 1 && refused.label === 'L2-test' && refused.zk?.status === 'fail',
  );
  verifyInPython(log, checkout, { withProof, changed, trust });
}

async function verify(log: StepLog, checkout: string, args: readonly string[]) {
  const { exitCode, output } = await touchstone(log, checkout, ['verify', ...args, '--json']);
  const { label, steps } = report.parse(JSON.parse(output));
  return { exitCode, label, zk: steps.find(({ name }) => name === 'zk') };
}

function touchstone(log: StepLog, checkout: string, args: readonly string[]) {
  log.print(`   $ npx touchstone ${args.join(' ')}`);
  return runTouchstone(checkout, args);
}

/** Another value for the first public signal, an element of the input. */
function changeSignal(text: string): string {
  return text.replace(
    /"publicSignals":\["(\d+)"/,
    (_match, signal: string) => `"publicSignals":["${signal === '1' ? '2' : '1'}"`,
  );
}

/** The verifier that shares no code with this one, where Python has what it needs. */
function verifyInPython(
  log: StepLog,
  checkout: string,
  { withProof, changed, trust }: { withProof: string; changed: string; trust: string },
): void {
  const python = process.env['TOUCHSTONE_PYTHON'] ?? 'python3';
  const has = spawnSync(python, ['-c', 'import cryptography, py_ecc'], { stdio: 'ignore' });
  if (has.status !== 0)
    return log.print(
      `   ${python} has not cryptography and py_ecc, so the second verifier is not asked; TOUCHSTONE_PYTHON names another one.`,
    );
  const script = join(checkout, 'tools', 'verify_independent.py');
  const args = [withProof, changed, '--trust', trust, '--allow-test', '--json'];
  log.print(`   $ ${python} ${script} ${args.join(' ')}`);
  const { stdout } = spawnSync(python, [script, ...args], { encoding: 'utf8' });
  const labels = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { label: string }).label);
  log.check(
    `the verifier in Python says the same: ${labels.join(', ')}`,
    labels.join() === 'L5-test,L2-test',
  );
}
