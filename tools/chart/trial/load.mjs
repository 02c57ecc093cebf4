// Requests to the gateway of a trial while something else goes on, and what became of each of them afterwards.
import { setTimeout as sleep } from 'node:timers/promises';

export const REQUESTS_PER_SECOND = 20;
const ANSWER_TIMEOUT_MS = 30_000;
/** Milliseconds from the last answer in which the evidence of every answer has to be there. */
const EVIDENCE_WITHIN_MS = 120_000;
const EVIDENCE_READERS = 4;
const POLL_MS = 500;

const addressOf = (workloads, service) => workloads.get(`touchstone-${service}`).at(-1).address;

/**
 * Steady requests to whatever Pod of the gateway is ready, while `work` goes on.
 *
 * @returns `{ sent, failures, answers }`: how many were sent, what was said of those that failed, and of the others `{ id, nonce }`, by which their evidence is known
 */
export async function underLoad(workloads, body, work) {
  const failures = [];
  const answers = [];
  const open = new Set();
  let sent = 0;
  const ask = async () => {
    const answer = await fetch(
      `http://${addressOf(workloads, 'inference-gateway')}:8080/v1/models/digits/infer`,
      {
        ...{ method: 'POST', body, headers: { 'content-type': 'application/json' } },
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      },
    );
    const text = await answer.text();
    if (!answer.ok) {
      failures.push(`${answer.status} ${text.slice(0, 300)}`);
      return;
    }
    const { verificationId: id, proof } = JSON.parse(text);
    answers.push({ id, nonce: proof.nonce });
  };
  const timer = setInterval(() => {
    sent += 1;
    const one = ask()
      .catch((error) => failures.push(String(error.cause ?? error)))
      .finally(() => open.delete(one));
    open.add(one);
  }, 1_000 / REQUESTS_PER_SECOND);
  try {
    await work();
  } finally {
    clearInterval(timer);
    await Promise.all(open);
  }
  return { sent, failures, answers };
}

async function hasEvidence(workloads, { id, nonce }, until) {
  const url = `http://${addressOf(workloads, 'proof-service')}:8084/v1/evidence/${id}`;
  for (;;) {
    const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
    const text = await answer.text();
    // 202 is evidence that is not complete.
    if (answer.status === 200) return JSON.parse(text).subject.proof.nonce === nonce;
    if (Date.now() > until) return false;
    await sleep(POLL_MS);
  }
}

/** That each answer has its own evidence, and stands in the log once. */
export async function checkEvidence({ workloads, database, answers, check }) {
  const distinct = new Set(answers.map(({ id }) => id)).size;
  check('each answer has an id of its own', answers.length > 0 && distinct === answers.length);
  const until = Date.now() + EVIDENCE_WITHIN_MS;
  const waiting = [...answers];
  const lost = [];
  const read = async () => {
    for (let one = waiting.pop(); one !== undefined; one = waiting.pop())
      if (!(await hasEvidence(workloads, one, until))) lost.push(one.id);
  };
  await Promise.all(Array.from({ length: EVIDENCE_READERS }, read));
  for (const id of lost.slice(0, 5)) process.stderr.write(`chart: trial: ${id} has no evidence\n`);
  check(
    `each of ${answers.length} answers has its evidence within ${EVIDENCE_WITHIN_MS / 1_000} s, ${lost.length} have not`,
    lost.length === 0,
  );
  const logged = new Map();
  for (const id of database.query('SELECT verification_id FROM anchors.leaf').split('\n'))
    logged.set(id, (logged.get(id) ?? 0) + 1);
  check(
    'each of them stands in the log once',
    answers.every(({ id }) => logged.get(id) === 1),
  );
}
