import { deadLetterState, listDeadLetters, replayDeadLetter, type DeadLetter } from '@touchstone/nats';
import { eventually } from '../pause.js';
import type { FaultyStack } from '../stack/faulty-stack.js';
import type { Check } from './finding.js';

const REPLAY_TIMEOUT_MS = 20_000;

/** Asks for every dead letter to be taken again, as an operator would once the cause is gone. */
export async function replayDeadLetters(stack: FaultyStack): Promise<readonly DeadLetter[]> {
  const operator = await stack.connect('operator');
  try {
    const { letters } = await listDeadLetters(operator.nc);
    const waiting = letters.filter(({ replayedAt }) => replayedAt === undefined);
    for (const letter of waiting) {
      await replayDeadLetter(operator.nc, letter);
      // A letter that is not taken in time is found by the check at the end.
      await eventually('a replay', REPLAY_TIMEOUT_MS, async () => {
        const { state } = await deadLetterState(operator.nc, letter);
        return state === 'waiting' ? undefined : state;
      }).catch(() => undefined);
    }
    return waiting;
  } finally {
    await operator.close();
  }
}

/** No dead letter waits: there were none, or each was taken when it was replayed. */
export async function auditDeadLetters(
  stack: FaultyStack,
  replayed: readonly DeadLetter[],
): Promise<Check[]> {
  const operator = await stack.connect('operator');
  try {
    const { letters } = await listDeadLetters(operator.nc);
    const waiting = letters.filter(({ replayedAt }) => replayedAt === undefined);
    const causes = [...replayed, ...waiting].map(
      ({ deadLetterSubject, code, deliveries }) => `${deadLetterSubject} ${code} ×${deliveries}`,
    );
    return [
      {
        name: 'no dead letter waits',
        holds: waiting.length === 0,
        detail:
          causes.length === 0
            ? 'there were none'
            : `${replayed.length} were replayed, ${waiting.length} wait: ${causes.join(', ')}`,
      },
    ];
  } finally {
    await operator.close();
  }
}
