import { describe, expect, it } from '@jest/globals';
import type { EventMessage } from '@touchstone/nats';
import { outputKeyEntry, recordedOutput } from '../../../test/support/leaves.js';
import type { Delivery } from '../../domain/leaf/intake.js';
import { SigningKeys } from '../../domain/leaf/signing-keys.js';
import { takeEvents } from './take-events.js';

const delivered = (subject: string, body: unknown): EventMessage =>
  ({ subject, body, msgId: 'id', streamSequence: 1, deliveryCount: 1, headers: {} }) as EventMessage;

function recorder() {
  const deliveries: Delivery[] = [];
  const accept = async (delivery: Delivery) => {
    deliveries.push(delivery);
    return {
      leaves: delivery.leaves.length,
      entries: delivery.entries.length,
      batches: delivery.batches.length,
    };
  };
  return { deliveries, accept };
}

const keys = new SigningKeys({ keys: async () => [outputKeyEntry] }, () => 0);
const output = recordedOutput('one');
const { commitment, modelId } = output;
const keySet = { type: 'touchstone.key-set.v1', sequence: 0, keys: [], previous: null };

describe('taking events in', () => {
  it('hands leaves and log entries of one delivery over together, in order', async () => {
    const intake = recorder();
    const taken = await takeEvents(intake, keys, [
      delivered('evt.v1.inference.commitment.published', { modelId, commitment }),
      delivered('evt.v1.inference.output.recorded', output),
      delivered('evt.v1.signing.key-set.changed', { keySet }),
      delivered('evt.v1.inference.output.recorded', recordedOutput('two')),
    ]);
    expect(taken).toEqual({ leaves: 2, entries: 2, batches: 0 });
    expect(intake.deliveries).toHaveLength(1);
    expect(intake.deliveries[0]?.entries.map(({ kind }) => kind)).toEqual(['commitment', 'key-set']);
    expect(intake.deliveries[0]?.leaves[0]?.nonce).toBe(output.proof.nonce);
  });

  it('does nothing for events of others', async () => {
    const intake = recorder();
    expect(await takeEvents(intake, keys, [delivered('evt.v1.attestation.node.changed', {})])).toEqual({
      leaves: 0,
      entries: 0,
      batches: 0,
    });
    expect(intake.deliveries).toEqual([]);
  });

  it('hands nothing over when one output cannot be taken', async () => {
    const intake = recorder();
    const forged = { ...output, context: { ...output.context, salt: '0'.repeat(64) } };
    const messages = [output, forged].map((body) => delivered('evt.v1.inference.output.recorded', body));
    await expect(takeEvents(intake, keys, messages)).rejects.toMatchObject({ code: 'validation-failed' });
    expect(intake.deliveries).toEqual([]);
  });

  it('hands nothing over when one output is signed by nobody (N1)', async () => {
    const intake = recorder();
    const other = recordedOutput('two');
    const unsigned = { ...output, proof: { ...output.proof, signature: other.proof.signature } };
    const messages = [other, unsigned].map((body) => delivered('evt.v1.inference.output.recorded', body));
    await expect(takeEvents(intake, keys, messages)).rejects.toMatchObject({
      code: 'validation-failed',
      message: expect.stringContaining('signature'),
    });
    expect(intake.deliveries).toEqual([]);
  });
});
