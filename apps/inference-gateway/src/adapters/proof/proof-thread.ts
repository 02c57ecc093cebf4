// Judges proofs away from the main thread, which has to keep answering. A program of its own beside the service.
import { groth16Failures, prepareKey, verifyProof, type PreparedKey } from '@touchstone/groth16';
import { parentPort } from 'node:worker_threads';
import type { ProofAnswer, ProofJob } from './thread-proof-verifier.js';

/** Keys that are kept prepared, the newest ones. */
const PREPARED_KEYS_MAX = 32;

const prepared = new Map<string, PreparedKey>();

function keyOf({ vk }: ProofJob): PreparedKey {
  const text = JSON.stringify(vk);
  const known = prepared.get(text);
  if (known !== undefined) return known;
  const reading = prepareKey(vk);
  // The key of a model passed this gate when the model was loaded.
  if (!reading.ok) throw new Error(groth16Failures[reading.code]);
  if (prepared.size >= PREPARED_KEYS_MAX) prepared.delete(prepared.keys().next().value as string);
  prepared.set(text, reading.value);
  return reading.value;
}

parentPort?.on('message', (job: ProofJob) => {
  const verdict = verifyProof(keyOf(job), job.publicSignals, job.proof);
  const answer: ProofAnswer = verdict.valid ? {} : { reason: groth16Failures[verdict.code] };
  parentPort?.postMessage(answer);
});
