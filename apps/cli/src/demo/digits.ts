import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inferAnswer, type InferAnswer } from '@touchstone/contracts/http/inference-gateway';
import { z } from 'zod';
import type { Payer } from '../stack/payer.js';
import { describeProblem, readAnswer } from '../stack/running-stack.js';
import { CommandError, exitCodes } from '../exit-codes.js';
import { table } from '../terminal/style.js';
import type { StepLog } from './step-log.js';

/** Inferences that are under way at the same time. */
const CONCURRENCY = 4;

const heldOut = z.object({
  input: z.string(),
  rows: z.array(z.object({ index: z.number(), label: z.number(), values: z.array(z.number()).length(64) })),
});

/** A handwritten digit that the model was not trained on. */
export interface Digit {
  readonly index: number;
  readonly label: number;
  readonly body: string;
}

/** One classified digit. */
export interface Classified {
  readonly digit: Digit;
  readonly answer: InferAnswer;
}

/** The first `count` held-out digits as request bodies. */
export async function heldOutDigits(checkout: string, count: number): Promise<Digit[]> {
  const file = heldOut.parse(
    JSON.parse(await readFile(join(checkout, 'models', 'digits', 'held-out.json'), 'utf8')),
  );
  return file.rows.slice(0, count).map(({ index, label, values }) => ({
    index,
    label,
    body: JSON.stringify({
      inputs: [{ name: file.input, datatype: 'FP32', shape: [1, values.length], data: values }],
    }),
  }));
}

/** Sends one request body to a model. */
export function infer(
  send: typeof fetch,
  url: string,
  body: string,
  headers: Record<string, string> = {},
): Promise<Response> {
  return send(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });
}

/** Pays for every digit and classifies it. */
export async function classify(payer: Payer, url: string, digits: readonly Digit[]): Promise<Classified[]> {
  const results = new Array<Classified>(digits.length);
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < digits.length; index = next++) {
      const digit = digits[index] as Digit;
      const response = await infer(payer.fetch, url, digit.body);
      if (response.status !== 200)
        throw new CommandError(exitCodes.invalid, await describeProblem(url, response));
      results[index] = { digit, answer: await readAnswer(url, inferAnswer, response) };
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  return results;
}

/** Prints digit, prediction, label and verification id of each. */
export function printClassified(log: StepLog, classified: readonly Classified[]): void {
  const rows = classified.map(({ digit, answer }) => [
    `#${digit.index}`,
    answer.prediction?.label ?? '?',
    String(digit.label),
    answer.prediction?.label === String(digit.label) ? '' : 'wrong',
    answer.verificationId,
  ]);
  const text = table([['DIGIT', 'PREDICTION', 'LABEL', '', 'VERIFICATION'], ...rows]);
  log.print(text.replace(/^/gm, '   '));
  const right = rows.filter(([, prediction, label]) => prediction === label).length;
  log.print(`   ${right} of ${rows.length} right; the model card states 98.3 % on all held-out digits.`);
}
