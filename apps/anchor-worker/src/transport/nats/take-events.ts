import type { EventMessage } from '@touchstone/nats';
import { acceptLeaf, type AcceptedLeaf } from '../../domain/leaf/accepted-leaf.js';
import type { Intake, Intaken } from '../../domain/leaf/intake.js';
import { commitmentEntry, keySetEntry, type ObjectEntry } from '../../domain/log/object-entry.js';

/** Messages of one delivery; the consumer takes no more than an unacknowledged durable may hold. */
export const INTAKE_MESSAGES_MAX = 256;
/** Milliseconds that the first message of a delivery waits for others. */
export const INTAKE_WAIT_MS = 25;

/**
 * Stores what a delivery brings, in one transaction. One message that cannot be taken fails the delivery; the
 * consumer then finds it and moves it to the dead letters.
 */
export async function takeEvents(
  intake: Pick<Intake, 'accept'>,
  messages: readonly EventMessage[],
): Promise<Intaken> {
  const leaves: AcceptedLeaf[] = [];
  const entries: ObjectEntry[] = [];
  for (const { subject, body } of messages) {
    if (subject === 'evt.v1.inference.output.recorded') leaves.push(acceptLeaf(body));
    else if (subject === 'evt.v1.inference.commitment.published')
      entries.push(commitmentEntry(body.commitment, body.modelId));
    else if (subject === 'evt.v1.signing.key-set.changed') entries.push(keySetEntry(body.keySet));
  }
  return leaves.length + entries.length > 0 ? intake.accept({ leaves, entries }) : { leaves: 0, entries: 0 };
}
