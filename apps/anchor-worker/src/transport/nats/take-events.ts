import type { BatchSigned } from '@touchstone/contracts';
import type { EventMessage } from '@touchstone/nats';
import type { AcceptedMessage } from '../../leaf-progress.js';
import { acceptLeaf } from '../../domain/leaf/accepted-leaf.js';
import type { SigningKeys } from '../../domain/leaf/signing-keys.js';
import type { Intake, Intaken } from '../../domain/leaf/intake.js';
import {
  commitmentEntry,
  keySetEntry,
  setUpStatementEntry,
  type ObjectEntry,
} from '../../domain/log/object-entry.js';

/** Messages of one delivery; the consumer takes no more than an unacknowledged durable may hold. */
export const INTAKE_MESSAGES_MAX = 256;
/** Milliseconds that the first message of a delivery waits for others. */
export const INTAKE_WAIT_MS = 25;

/**
 * Stores what a delivery brings, in one transaction, once every output and every batch of events in it bears the signature of a key of the
 * signer. One message that cannot be taken fails the delivery; the consumer then finds it and moves it to the dead
 * letters, or waits while the signer has to be asked for a key and does not answer.
 */
export async function takeEvents(
  intake: Pick<Intake, 'accept'>,
  keys: Pick<SigningKeys, 'checkOutput' | 'checkBatch'>,
  messages: readonly EventMessage[],
  onAccepted: (accepted: readonly AcceptedMessage[]) => void = () => undefined,
): Promise<Intaken> {
  const accepted: AcceptedMessage[] = [];
  const entries: ObjectEntry[] = [];
  const batches: BatchSigned[] = [];
  for (const { subject, body, headers } of messages) {
    if (subject === 'evt.v1.inference.output.recorded') {
      const leaf = acceptLeaf(body);
      await keys.checkOutput(body.proof);
      accepted.push({ leaf, recordedAt: body.recordedAt, headers });
    } else if (subject === 'evt.v1.inference.commitment.published')
      entries.push(commitmentEntry(body.commitment, body.modelId));
    else if (subject === 'evt.v1.inference.set-up.published')
      entries.push(setUpStatementEntry(body.statement));
    else if (subject === 'evt.v1.signing.key-set.changed') entries.push(keySetEntry(body.keySet));
    else if (subject === 'evt.v1.signing.batch.signed') {
      await keys.checkBatch(body);
      batches.push(body);
    }
  }
  if (accepted.length + entries.length + batches.length === 0) return { leaves: 0, entries: 0, batches: 0 };
  const taken = await intake.accept({ leaves: accepted.map(({ leaf }) => leaf), entries, batches });
  onAccepted(accepted);
  return taken;
}
