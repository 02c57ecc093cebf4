// The load itself: each caller asks, reads the answer, waits a moment and asks again, until the time or the requests are over.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { balanceOf, chainOf } from '../../apps/cli/dist/stack/chain.js';
import { sampleBodies } from '../../bench/stack/embedded-stack.mjs';
import { inParallel } from '../../bench/stack/in-parallel.mjs';
import { payingClient } from '../../bench/stack/paying-client.mjs';
import { LARGE, LARGE_SHAPE, SMALL } from './free-models.mjs';

const LARGE_BYTES = 16_777_216;
const PAID_MODEL = 'digits';
/** Requests before the clock runs, so that what starts with the first ones has started. */
const WARM_UP = 8;
const READERS = 16;
/** Milliseconds in which the record of the last answer has to show its settlement. */
const SETTLED_WITHIN_MS = 30_000;

async function answerOf(response) {
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${response.status} ${text.slice(0, 200)}`);
  return JSON.parse(text);
}

const postTo = (url, model) => async (body) =>
  answerOf(
    await fetch(`${url}/v1/models/${model}/infer`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    }),
  );

const freeBody = (at) =>
  JSON.stringify({ inputs: [{ name: 'features', datatype: 'FP32', shape: [1, 2], data: [at % 7, at % 5] }] });

/** A request of exactly 16 MiB. */
function largeBody() {
  const elements = LARGE_SHAPE.reduce((product, size) => product * size, 1);
  const data = Array.from({ length: elements }, (_, at) => Math.fround((at % 1_000) / 997));
  const body = JSON.stringify({ inputs: [{ name: 'image', datatype: 'FP32', shape: LARGE_SHAPE, data }] });
  // Numbers of random digits are longer than is needed; the rest is white space, which is read too.
  const short = body.length <= LARGE_BYTES ? body : body.replace(/(\.\d{6})\d+/g, '$1');
  return Buffer.from(short.padEnd(LARGE_BYTES));
}

/** The p99 of the gateway's event loop in milliseconds since it was asked before. */
async function loopP99Ms({ services }) {
  const text = await (await fetch(`http://127.0.0.1:${services['inference-gateway'].health}/metrics`)).text();
  return Number(/^nodejs_eventloop_lag_p99_seconds\S* (\S+)$/m.exec(text)?.[1]) * 1_000;
}

/**
 * Seconds for which the main thread of a process ran, and for which it was ready and waited for a core, since it began (Linux,
 * sched-stats.rst); undefined elsewhere. What waits for a core is not held by the program.
 */
function coreSeconds(pid) {
  try {
    const [ran, waited] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ').map(Number);
    return { ran: ran / 1e9, waited: waited / 1e9 };
  } catch {
    return undefined;
  }
}

/** One caller: asks until `isOver`, and writes down every answer, its time and what went wrong. */
async function call(ask, bodyAt, { books, isOver, pauseMs, first }) {
  // All begin within one pause, so that they ask evenly.
  await sleep(first);
  for (let at = 0; !isOver(); at += 1) {
    const started = performance.now();
    try {
      const { verificationId } = await ask(bodyAt(at));
      books.answers.push({ verificationId, milliseconds: performance.now() - started });
    } catch (error) {
      books.errors.push(String(error?.cause ?? error).slice(0, 300));
    }
    await sleep(pauseMs);
  }
}

/** What the gateway says of every answer. */
async function recordsOf(url, answers) {
  const deadline = performance.now() + SETTLED_WITHIN_MS;
  return inParallel(answers, READERS, async ({ verificationId }) => {
    for (;;) {
      const response = await fetch(`${url}/v1/verifications/${verificationId}`);
      const status = response.status === 200 ? (await response.json()).status : `answered ${response.status}`;
      if (status !== 'executed' || performance.now() > deadline) return status;
      await sleep(200);
    }
  });
}

/** @returns what was asked, answered and found afterwards */
export async function runLoad({ description, stateDir, url, pid, callers, seconds, requests, pauseMs, say }) {
  const chain = chainOf(description);
  const client = payingClient(description, stateDir, `${url}/v1/models/${PAID_MODEL}/infer`);
  const pay = async (body) => JSON.parse((await client.infer(body)).text);
  const balance = () => balanceOf(chain, description, client.account.address);
  const bodies = sampleBodies(PAID_MODEL);
  const free = postTo(url, SMALL);
  const large = largeBody();
  for (let at = 0; at < WARM_UP; at += 1) await Promise.all([pay(bodies[at]), free(freeBody(at))]);
  const before = await balance();
  const books = { paid: { answers: [], errors: [] }, free: { answers: [], errors: [] } };
  const counted = () => Object.values(books).reduce((sum, { answers }) => sum + answers.length, 0);
  await loopP99Ms(description);
  const coreBefore = coreSeconds(pid);
  say(`${callers} callers for ${seconds} s`);
  const started = performance.now();
  const isOver = () => performance.now() - started > seconds * 1_000 || counted() >= requests;
  const calls = Array.from({ length: callers }, (_, at) => {
    const shared = { isOver, pauseMs, first: (pauseMs * at) / callers };
    if (at % 2 === 0)
      return call(pay, (round) => bodies[(at + round) % bodies.length], { ...shared, books: books.paid });
    return call(free, (round) => freeBody(at + round), { ...shared, books: books.free });
  });
  const middle = sleep((seconds * 1_000) / 2).then(async () => {
    const sent = performance.now();
    const { outputs } = await postTo(url, LARGE)(large);
    return { bytes: large.length, milliseconds: performance.now() - sent, outputs };
  });
  const [largeAnswer] = await Promise.all([
    middle.catch((error) => ({ error: String(error?.cause ?? error).slice(0, 300) })),
    ...calls,
  ]);
  const loopMs = await loopP99Ms(description);
  const coreAfter = coreSeconds(pid);
  const core = coreBefore &&
    coreAfter && { ran: coreAfter.ran - coreBefore.ran, waited: coreAfter.waited - coreBefore.waited };
  const elapsed = (performance.now() - started) / 1_000;
  say('the books are compared');
  const charged = before - (await balance());
  const records = {
    paid: await recordsOf(url, books.paid.answers),
    free: await recordsOf(url, books.free.answers),
  };
  const price = BigInt((await (await fetch(`${url}/v1/models/${PAID_MODEL}`)).json()).price.amount);
  return { books, records, charged, price, loopMs, core, large: largeAnswer, elapsed, callers };
}
