import { writeFile } from 'node:fs/promises';
import type { InferAnswer } from '@touchstone/contracts/http/inference-gateway';
import type { StackDescription } from '@touchstone/embedded';
import { anchoredEvidence, provenEvidence } from './evidence.js';
import { jsonText } from '../terminal/json-text.js';
import { table } from '../terminal/style.js';

const EVIDENCE_TIMEOUT_MS = 60_000;

/** How an answer is written. */
export interface AnswerOptions {
  readonly json: boolean;
  /** Where its evidence goes once it is anchored. */
  readonly evidence?: string;
}

/** Writes an answer on standard output and its evidence into a file, whether it was waited for or fetched later. */
export async function writeAnswer(
  stack: StackDescription,
  answer: InferAnswer,
  { json, evidence }: AnswerOptions,
): Promise<void> {
  process.stdout.write(json ? `${jsonText(answer)}\n` : `${describe(answer)}\n`);
  if (evidence === undefined) return;
  const fetched = answer.execution === undefined ? anchoredEvidence : provenEvidence;
  await writeFile(evidence, await fetched(stack, answer.verificationId, EVIDENCE_TIMEOUT_MS));
  process.stderr.write(`Wrote ${evidence}.\n`);
}

function describe(answer: InferAnswer): string {
  const prediction = answer.prediction
    ? `${answer.prediction.label} (${answer.prediction.score.toFixed(4)})`
    : 'see outputs';
  return table([
    ['prediction', prediction],
    ...answer.outputs.map(({ name, data }) => [name, data.slice(0, 16).join(' ')]),
    ...(answer.execution === undefined
      ? []
      : [['proof', `by ${answer.execution.prover.name} in ${answer.execution.prover.milliseconds} ms`]]),
    ['verification', answer.verificationId],
    ['paid', answer.payment ? `${answer.payment.amount} atomic units by ${answer.payment.payer}` : 'nothing'],
    [
      'time',
      `${answer.timing.inferenceMs.toFixed(2)} ms in the model, ${answer.timing.totalMs.toFixed(1)} ms in all`,
    ],
  ]);
}
