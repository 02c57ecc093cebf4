// A proof of one answer, made by the prover that the chart puts into the Pod of the gateway.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Until the prover has passed its examination, and until the evidence carries the proof. */
const WITHIN_MS = 120_000;
const POLL_MS = 1_000;
const HTTP = { gateway: 8080, proofs: 8084 };

function digitFor(root) {
  const { rows } = JSON.parse(readFileSync(join(root, 'models/digits/held-out.json'), 'utf8'));
  return JSON.stringify({
    inputs: [{ name: 'pixels', datatype: 'FP32', shape: [1, 64], data: rows[0].values }],
  });
}

async function until(what, attempt) {
  const end = Date.now() + WITHIN_MS;
  for (;;) {
    const { value, said } = await attempt();
    if (value !== undefined) return value;
    if (Date.now() > end) throw new Error(`${what} within ${WITHIN_MS / 1_000} s: ${said}`);
    await sleep(POLL_MS);
  }
}

/** @throws Error with the end of the gateway’s log when no proof is made */
export async function checkProof({ root, workloads, check }) {
  try {
    await proveOne({ root, workloads, check });
  } catch (error) {
    throw new Error(`${error.message}\n${workloads.get('touchstone-inference-gateway').at(-1).log()}`);
  }
}

async function proveOne({ root, workloads, check }) {
  const at = (service, port) => `http://${workloads.get(`touchstone-${service}`).at(-1).address}:${port}`;
  const post = (path, body) =>
    fetch(`${at('inference-gateway', HTTP.gateway)}${path}`, {
      ...{ method: 'POST', body, headers: { 'content-type': 'application/json' } },
      signal: AbortSignal.timeout(WITHIN_MS),
    });
  const { verificationId: id } = await (await post('/v1/models/digits-int/infer', digitFor(root))).json();
  const answer = await until('No proof', async () => {
    const response = await post(`/v1/verifications/${id}/proof`, '{}');
    return response.ok ? { value: await response.json() } : { said: await response.text() };
  });
  check(
    `the gateway proves an answer with the prover of the image, in ${answer.prover?.milliseconds} ms`,
    answer.zk !== undefined,
  );
  const bundle = await until('No evidence with the proof', async () => {
    const response = await fetch(`${at('proof-service', HTTP.proofs)}/v1/evidence/${id}`);
    const text = await response.text();
    const evidence = response.status === 200 ? JSON.parse(text) : undefined;
    return evidence?.zk === undefined ? { said: text.slice(0, 200) } : { value: evidence };
  });
  check(
    'the evidence of the answer carries the proof',
    JSON.stringify(bundle.zk.proof) === JSON.stringify(answer.zk.proof),
  );
}
