import { events, type EventSubject } from '@touchstone/contracts';
import { listDeadLetters, replayDeadLetter, showDeadLetter, type DeadLetter } from '@touchstone/nats';
import type { FaultyStack } from '../stack/faulty-stack.js';
import type { Check } from './finding.js';

/** Lists the dead letters and publishes each again, as an operator would once the cause is gone. */
export async function replayDeadLetters(stack: FaultyStack): Promise<readonly DeadLetter[]> {
  const operator = await stack.connect('operator');
  try {
    const { letters } = await listDeadLetters(operator.nc);
    for (const { sequence, originalSubject } of letters) {
      const letter = await showDeadLetter(operator.nc, sequence);
      const publisher = await stack.connect(events[originalSubject as EventSubject].publisher);
      await replayDeadLetter(publisher.nc, letter).finally(() => publisher.close());
    }
    return letters;
  } finally {
    await operator.close();
  }
}

/** Dead letters are none, or each was replayed and none came after. */
export async function auditDeadLetters(
  stack: FaultyStack,
  replayed: readonly DeadLetter[],
): Promise<Check[]> {
  const operator = await stack.connect('operator');
  try {
    const seen = new Set(replayed.map(({ sequence }) => sequence));
    const letters = (await listDeadLetters(operator.nc)).letters.filter(
      ({ sequence }) => !seen.has(sequence),
    );
    const text = [...replayed, ...letters].map(
      ({ deadLetterSubject, code, deliveries }) => `${deadLetterSubject} ${code} ×${deliveries}`,
    );
    return [
      {
        name: 'dead letters are none, or were replayed and are none again',
        holds: letters.length === 0,
        detail:
          text.length === 0
            ? 'none'
            : `${replayed.length} replayed, ${letters.length} left: ${text.join(', ')}`,
      },
    ];
  } finally {
    await operator.close();
  }
}
