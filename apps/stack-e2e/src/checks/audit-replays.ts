import type { Caller } from '../callers/caller.js';
import { paymentOf, type Answer, type Inference } from '../record.js';
import type { Finding } from './finding.js';

/** Sends every acknowledged request once more with its payment: the answer has to be the same, byte for byte. */
export async function auditReplays(
  caller: Caller,
  acknowledged: readonly (Inference & { readonly answer: Answer })[],
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const inference of acknowledged) {
    const payment = paymentOf(inference);
    if (payment === undefined) continue;
    const { status, body } = await caller.repeat(inference, payment);
    if (status !== 200) {
      findings.push({
        kind: 'lost',
        inference,
        what: `repeated, it was answered ${status} ${body.slice(0, 200)}`,
      });
    } else if (body !== inference.answer.body) {
      findings.push({ kind: 'doubled', inference, what: 'repeated, it gave another answer' });
    }
  }
  return findings;
}
