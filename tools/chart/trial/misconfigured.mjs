// Pods of a trial that something is wrong with: each says in one line what it is and what to do, without a secret in it. What cannot get
// better by waiting ends the process; after everything else it waits, not ready, and goes on by itself once the cause is mended.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pod } from './kubelet.mjs';
import { misconfigurations } from './misconfigurations.mjs';

const SUBJECT = 'touchstone-signer';
/** Lines of the log of these levels say that something is wrong. */
const FAILURE_LEVELS = ['error', 'fatal'];
const EXIT_WITHIN_MS = 60_000;
const REASON_WITHIN_MS = 60_000;
/** Long enough for two more attempts, which are not to say it again. */
const QUIET_MS = 2_500;
const POLL_MS = 250;
/** What every password, key and token of a release is made of. */
const SECRET = /[0-9a-f]{32,}/g;

/** A Pod of the signer in which something is changed. */
function changedPod(world, name, change) {
  const { cluster, objects } = world;
  const { spec } = objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === SUBJECT);
  const template = structuredClone(spec.template);
  change(template.spec, template.spec.containers[0]);
  return new Pod(cluster, {
    name: `wrong-${name}`,
    labels: template.metadata.labels,
    spec: template.spec,
  }).start();
}

const linesOf = (pod) =>
  readFileSync(pod.logFile, 'utf8')
    .split('\n')
    .filter((line) => line !== '');

const isFailure = (line) => line.startsWith('{') && FAILURE_LEVELS.includes(JSON.parse(line).level);

/** Claims that hold of the log of every Pod here. */
function checkLog({ cluster, check }, pod, claim, words) {
  const lines = linesOf(pod);
  const failures = lines.filter(isFailure);
  const [failure = ''] = failures;
  const told = failures.length === 1 && words.every((word) => failure.includes(word));
  check(`${claim} is said in one line that has ${words.join(' and ')}`, told);
  if (!told) process.stderr.write(`${lines.slice(-15).join('\n')}\n`);
  check(
    `${claim}: every line is a JSON object, without a stack`,
    lines.every((line) => line.startsWith('{') && !line.includes('    at ')),
  );
  const secrets = [...cluster.secrets.values()].flatMap((data) =>
    Object.values(data).join(' ').match(SECRET),
  );
  const log = lines.join('\n');
  check(
    `${claim}: no secret is in the log`,
    !secrets.some((secret) => secret !== null && log.includes(secret)),
  );
}

async function checkEnd(world, { name, claim, change, words, code }) {
  const pod = changedPod(world, name, change);
  const late = sleep(EXIT_WITHIN_MS, 'nothing', { ref: false });
  const ended = await Promise.race([pod.exited, late]);
  world.check(`${claim} ends the process with ${code}, not ${ended}`, ended === code);
  checkLog(world, pod, claim, words);
  if (pod.ended === undefined) await pod.stop();
  else pod.remove();
}

/** What `/readyz?verbose` says is missing, as text. */
async function unreadyBy(pod) {
  const { containerPort } = pod.container.ports.find(({ name }) => name === 'health');
  try {
    const answer = await fetch(`http://${pod.address}:${containerPort}/readyz?verbose`);
    const { ready, checks } = await answer.json();
    return ready || answer.status !== 503 ? '' : JSON.stringify(checks.filter(({ ok }) => !ok));
  } catch {
    return '';
  }
}

async function saysWhy(pod, words) {
  const until = Date.now() + REASON_WITHIN_MS;
  for (;;) {
    const reasons = await unreadyBy(pod);
    if (words.every((word) => reasons.includes(word))) return true;
    if (Date.now() > until || pod.ended !== undefined) return false;
    await sleep(POLL_MS);
  }
}

async function checkWait(world, { name, claim, change, words, mend, restore }) {
  const { check } = world;
  const pod = changedPod(world, name, change);
  check(`${claim}: /readyz?verbose names it`, await saysWhy(pod, words));
  await sleep(QUIET_MS);
  checkLog(world, pod, claim, words);
  check(`${claim}: the process waits`, pod.ended === undefined);
  try {
    await mend();
    const ready = await pod.ready().then(
      () => true,
      (error) => process.stderr.write(`${error.message}\n`) && false,
    );
    check(`${claim}: once it is mended the Pod is ready by itself`, ready);
  } finally {
    await pod.stop();
    await restore?.();
  }
}

/** Tries all of them, one after the other. @param world `{ cluster, objects, workloads, database, folder, check, say, runToEnd }` */
export async function checkMisconfigured(world) {
  const { cases, stop } = await misconfigurations(world);
  try {
    for (const one of cases) {
      if ('code' in one) await checkEnd(world, one);
      else await checkWait(world, one);
      world.say(`tried: ${one.claim}`);
    }
  } finally {
    await stop();
  }
}
