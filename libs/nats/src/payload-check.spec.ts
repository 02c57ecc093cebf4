import { describe, expect, it } from '@jest/globals';
import { LARGEST_EVENT_BYTES, EVENT_HEADER_BYTES_MAX, events, serviceNames } from '@touchstone/contracts';
import type { ServerInfo } from '@nats-io/nats-core';
import { checkPayloadLimit } from './payload-check.js';

const serverWith = (maxPayload: number) => ({ info: { max_payload: maxPayload } as ServerInfo });
const needed = (LARGEST_EVENT_BYTES['inference-gateway'] ?? 0) + EVENT_HEADER_BYTES_MAX;

describe('the payload limit of a server', () => {
  it('is enough when the largest event fits with its headers', () => {
    expect(() => checkPayloadLimit(serverWith(needed), 'inference-gateway')).not.toThrow();
  });

  it('is named with the key that changes it when it is one byte too small', () => {
    expect(() => checkPayloadLimit(serverWith(needed - 1), 'inference-gateway')).toThrow(
      new RegExp(`${needed - 1} bytes.*${needed}\\. Set max_payload`),
    );
  });

  it('of 256 KiB is enough for services with small events', () => {
    for (const service of ['payment-verifier', 'proof-service', 'attestation-hub'] as const)
      expect(() => checkPayloadLimit(serverWith(262_144), service)).not.toThrow();
    for (const service of ['anchor-worker', 'signer'] as const)
      expect(() => checkPayloadLimit(serverWith(262_144), service)).toThrow('max_payload');
  });

  it('by default, 1 MiB, is enough for every publisher, and each has a figure', () => {
    for (const service of serviceNames)
      expect(() => checkPayloadLimit(serverWith(1_048_576), service)).not.toThrow();
    const publishers = new Set(Object.values(events).map(({ publisher }) => publisher));
    expect(Object.keys(LARGEST_EVENT_BYTES).sort()).toEqual([...publishers].sort());
  });

  it('is not judged before the server told it', () => {
    expect(() => checkPayloadLimit({}, 'inference-gateway')).not.toThrow();
  });
});
