import { describe, expect, it } from '@jest/globals';
import { AppError, durables, type Durable } from '@touchstone/contracts';
import type { DeadLetterWriter } from './dead-letter-copy.js';
import type { DeliveredMessage } from './delivered-message.js';
import { DEAD_LETTER_ATTEMPTS_MAX, Settlement } from './settlement.js';
import { DELIVERIES_MAX } from './stream-config.js';

const durable: Durable = durables[0];
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const refusal = new AppError('validation-failed', 'It does not fit.');

function settle(deliveryCount: number, failures: number) {
  const did: string[] = [];
  let attempts = 0;
  const copy = async () => {
    attempts += 1;
    if (attempts <= failures) throw new AppError('dependency-unavailable', 'The stream DLQ does not answer.');
    return { durable: durable.name };
  };
  const message = {
    seq: 1,
    info: { stream: durable.stream, deliveryCount },
    nak: () => did.push('nak'),
    term: () => did.push('term'),
  } as unknown as DeliveredMessage;
  const settlement = new Settlement({
    durable,
    writer: { copy } as unknown as DeadLetterWriter,
    logger: quiet,
    deadLetterRetryMs: 0,
    onSettled: () => did.push('settled'),
  });
  return { did, attempts: () => attempts, done: settlement.fail(message, refusal) };
}

describe('a dead letter that cannot be stored (D2)', () => {
  it('is tried DEAD_LETTER_ATTEMPTS_MAX times', async () => {
    const { did, attempts, done } = settle(1, DEAD_LETTER_ATTEMPTS_MAX - 1);
    await done;
    expect(attempts()).toBe(DEAD_LETTER_ATTEMPTS_MAX);
    expect(did).toEqual(['term', 'settled']);
  });

  it('and no more: its message comes again, and holds up no other meanwhile', async () => {
    const { did, attempts, done } = settle(1, DEAD_LETTER_ATTEMPTS_MAX);
    await done;
    expect(attempts()).toBe(DEAD_LETTER_ATTEMPTS_MAX);
    expect(did).toEqual(['nak', 'settled']);
  });

  it('leaves the message unread in its stream after its last delivery', async () => {
    const { did, done } = settle(DELIVERIES_MAX, DEAD_LETTER_ATTEMPTS_MAX);
    await done;
    expect(did).toEqual(['settled']);
  });
});
