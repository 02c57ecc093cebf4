import { eventually, pause } from '../pause.js';
import type { FaultyStack } from '../stack/faulty-stack.js';
import type { TcpGate } from '../stack/tcp-gate.js';
import type { Fault, FaultContext } from './fault.js';

const AWAY_MS = 3_000;
const MET_TIMEOUT_MS = 30_000;
const GARBAGE = 'this is no time-stamp reply';
const garbageAnswer = [
  'HTTP/1.1 200 OK',
  'content-type: application/timestamp-reply',
  `content-length: ${GARBAGE.length}`,
  'connection: close',
  '',
  GARBAGE,
].join('\r\n');

/** A fault of the authority, where the machine has one. */
function authorityFault(
  name: string,
  title: string,
  hurt: (gate: TcpGate, context: FaultContext) => Promise<string>,
): Fault {
  return {
    name,
    title,
    weight: 1,
    run: async (context) => {
      const gate = context.stack.authority;
      if (gate === undefined)
        return 'nothing: without openssl there is no authority, and the chain alone anchors';
      await context.load.hasBegun(0.3);
      return hurt(gate, context).finally(() => gate.open());
    },
  };
}

/** Nothing listens at the authority's address, as after a kill of its process; then it is back. */
export const authorityKilled = authorityFault(
  'authority killed',
  'every connection to the time-stamping authority is cut, then refused; later it is back',
  async (gate, { stack }) => {
    const before = await tokens(stack);
    await gate.refuse();
    await pause(AWAY_MS);
    await gate.open();
    await eventually('a token after the outage', MET_TIMEOUT_MS, async () =>
      (await tokens(stack)) > before ? true : undefined,
    );
    return `${AWAY_MS / 1_000} s, then a token`;
  },
);

/** It takes connections and requests and does not answer. */
export const authorityHanging = authorityFault(
  'authority hanging',
  'the time-stamping authority takes connections and answers nothing',
  async (gate) => {
    gate.hang();
    await eventually('a request that hangs', MET_TIMEOUT_MS, async () =>
      gate.hungCount > 0 ? true : undefined,
    );
    await pause(AWAY_MS);
    return `${gate.hungCount} connections hung`;
  },
);

/** What it answers is no token: a failed anchor, and none that is told. */
export const authorityGarbage = authorityFault(
  'authority garbage',
  'the time-stamping authority answers something that is no token',
  async (gate, { stack }) => {
    gate.answerWith(garbageAnswer);
    await eventually('an answer that is no token', MET_TIMEOUT_MS, async () => {
      const failed = await stack.database.rows(
        `SELECT 1 FROM anchors.chain_anchor WHERE kind = 'rfc3161' AND state = 'failed'`,
      );
      return failed.length > 0 && gate.answeredCount > 0 ? true : undefined;
    });
    return `${gate.answeredCount} requests answered`;
  },
);

async function tokens(stack: FaultyStack): Promise<number> {
  const [row] = await stack.database.rows<{ count: number }>(
    `SELECT count(*)::int AS count FROM anchors.chain_anchor WHERE kind = 'rfc3161' AND state = 'final'`,
  );
  return row?.count ?? 0;
}
