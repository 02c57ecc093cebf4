import { describe, expect, it } from '@jest/globals';
import { headers as createHeaders, type MsgHdrs } from '@nats-io/nats-core';
import type { DeliveredMessage } from './delivered-message.js';
import { readEventMessage } from './event-message.js';

const SUBJECT = 'evt.v1.anchor.entry.appended';
const encoder = new TextEncoder();

function delivery(change: object = {}): DeliveredMessage {
  return {
    subject: SUBJECT,
    seq: 7,
    data: encoder.encode('{"logIndex":"1","entry":"e"}'),
    headers: undefined,
    info: { stream: 'ANCHOR', deliveryCount: 1 },
    ...change,
  } as unknown as DeliveredMessage;
}

function marked(...names: string[]): { headers: MsgHdrs } {
  const headers = createHeaders();
  for (const name of names) headers.set(name, 'x');
  return { headers };
}

describe('reading a delivery', () => {
  it('takes an event of its stream', () => {
    expect(readEventMessage(delivery())).toMatchObject({ subject: SUBJECT, msgId: 'ANCHOR:7' });
  });

  it.each([
    ['the mark of a direct get', marked('Nats-Stream', 'Nats-Subject', 'Nats-Sequence'), 'forbidden'],
    ['the name of a stream alone', marked('Nats-Stream'), 'forbidden'],
    ['a first subject alone', marked('Nats-Subject'), 'forbidden'],
    ['an event that another stream kept', { info: { stream: 'INFERENCE', deliveryCount: 1 } }, 'forbidden'],
    ['a subject that is no event', { subject: 'dlq.proof-service.x' }, 'not-found'],
  ])('refuses %s for good', (_what, change, code) => {
    expect(() => readEventMessage(delivery(change))).toThrow(
      expect.objectContaining({ code, retryable: false }),
    );
  });

  it('refuses headers that nats.js cannot parse for good, instead of failing in a way that may pass', () => {
    const message = Object.defineProperty(delivery(), 'headers', {
      get: () => {
        throw new Error("'header' values cannot contain \\r or \\n");
      },
    });
    expect(() => readEventMessage(message)).toThrow(
      expect.objectContaining({ code: 'malformed-request', retryable: false }),
    );
  });
});
