// A stack under steady load, with books of its own: `npm run test:load -- [--callers N] [--seconds N] [--requests N] [--pause-ms N]
// [--loop-ms N] [--json]`.
// Half of the callers pay with the official x402 client, half ask a free model; in the middle one body of 16 MiB is sent. Build first.
// Exit code 1 when a claim fails: 0 errors, 0 lost, 0 doubled, charged exactly, and the event loop of the gateway.
import { parseArgs } from 'node:util';
import { withStack } from '../bench/stack/embedded-stack.mjs';
import { Claims } from './claims.mjs';
import { addFreeModels } from './load/free-models.mjs';
import { runLoad } from './load/run.mjs';
import { report } from './load/report.mjs';

/** Most of each, so that no run is left alone with a machine. */
const CALLERS_MAX = 1_000;
const SECONDS_MAX = 600;
const REQUESTS_MAX = 100_000;

function numberOf(name, text, max) {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  process.stderr.write(`load: --${name} is a whole number from 1 to ${max}, not ${text}.\n`);
  process.exit(2);
}

const { values } = parseArgs({
  options: {
    callers: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '45' },
    requests: { type: 'string', default: '3000' },
    'pause-ms': { type: 'string', default: '5000' },
    'loop-ms': { type: 'string', default: '20' },
    json: { type: 'boolean', default: false },
  },
});
const options = {
  callers: numberOf('callers', values.callers, CALLERS_MAX),
  seconds: numberOf('seconds', values.seconds, SECONDS_MAX),
  requests: numberOf('requests', values.requests, REQUESTS_MAX),
  pauseMs: numberOf('pause-ms', values['pause-ms'], 60_000),
};
const loopMs = numberOf('loop-ms', values['loop-ms'], 60_000);
const say = (text) => process.stderr.write(`load: ${text}\n`);

say('a stack is started');
const result = await withStack({}, async ({ stack, stateDir }) => {
  const { description } = stack;
  const url = description.urls['inference-gateway'];
  await addFreeModels(url, stateDir);
  const pid = stack.pids()['inference-gateway'];
  return runLoad({ description, stateDir, url, pid, ...options, say });
});
const claims = new Claims('load');
report(result, claims, { json: values.json, loopMaxMs: loopMs });
claims.finish();
