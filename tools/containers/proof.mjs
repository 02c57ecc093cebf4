// A proof of one answer, made by the prover that an installation puts beside the gateway.
import { setTimeout as sleep } from 'node:timers/promises';
import { digitRequest } from './sample-request.mjs';

/** Until the prover has passed its examination, and until the evidence carries the proof. */
const WITHIN_MS = 120_000;
const POLL_MS = 1_000;

async function until(what, attempt) {
  const end = Date.now() + WITHIN_MS;
  for (;;) {
    const { value, said } = await attempt();
    if (value !== undefined) return value;
    if (Date.now() > end) throw new Error(`${what} within ${WITHIN_MS / 1_000} s: ${said}`);
    await sleep(POLL_MS);
  }
}

/**
 * @param gateway base URL of the gateway @param proofs that of the proof-service
 * @throws Error when no proof is made
 */
export async function checkProof({ root, gateway, proofs, check }) {
  const post = (path, body) =>
    fetch(`${gateway}${path}`, {
      ...{ method: 'POST', body, headers: { 'content-type': 'application/json' } },
      signal: AbortSignal.timeout(WITHIN_MS),
    });
  const { verificationId: id } = await (await post('/v1/models/digits-int/infer', digitRequest(root))).json();
  const answer = await until('No proof', async () => {
    const response = await post(`/v1/verifications/${id}/proof`, '{}');
    return response.ok ? { value: await response.json() } : { said: await response.text() };
  });
  check(
    `the gateway proves an answer with the prover of the image, in ${answer.prover?.milliseconds} ms`,
    answer.zk !== undefined,
  );
  const bundle = await until('No evidence with the proof', async () => {
    const response = await fetch(`${proofs}/v1/evidence/${id}`);
    const text = await response.text();
    const evidence = response.status === 200 ? JSON.parse(text) : undefined;
    return evidence?.zk === undefined ? { said: text.slice(0, 200) } : { value: evidence };
  });
  check(
    'the evidence of the answer carries the proof',
    JSON.stringify(bundle.zk.proof) === JSON.stringify(answer.zk.proof),
  );
}
