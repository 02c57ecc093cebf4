import { describe, expect, it } from '@jest/globals';
import { AppError, type Attestation, type Heartbeat as HeartbeatMessage } from '@touchstone/contracts';
import { waitUntil } from '@touchstone/testing';
import { Heartbeat, type HubAnswer } from './heartbeat.js';

const attestation: Attestation = {
  schema: 'attestation_v1',
  build_id: '0.1.0+build',
  capability_hash: 'a'.repeat(64),
  runtime: {},
};

/** A heartbeat every few milliseconds to a hub that fails until it is told otherwise. */
function beating(health: () => Promise<'GREEN' | 'YELLOW'> = async () => 'GREEN') {
  const sent: HeartbeatMessage[] = [];
  const answers: HubAnswer[] = [];
  const errors: unknown[] = [];
  const hub = { fails: false };
  const call = async (_service: string, _verb: string, message: HeartbeatMessage): Promise<HubAnswer> => {
    sent.push(message);
    if (hub.fails) throw new AppError('dependency-unavailable', 'Nobody answers.');
    const { node_id: nodeId, health, ts_utc: lastSeen } = message;
    return { nodeId, status: 'OK', health, lastSeen, nonce: null };
  };
  const heartbeat = new Heartbeat({
    rpc: { call: call as never },
    nodeId: 'signer:node-1',
    attestation: () => attestation,
    health,
    nowMs: () => Date.UTC(2026, 0, 2),
    onAnswer: (answer) => answers.push(answer),
    onError: (error) => errors.push(error),
    intervalMs: 5,
  });
  return { heartbeat, sent, answers, errors, hub };
}

describe('a heartbeat', () => {
  it('says who reports, when, how it is and what runs there', async () => {
    const { heartbeat, sent, answers } = beating(async () => 'YELLOW');
    await heartbeat.start();
    heartbeat.stop();
    expect(sent).toEqual([
      { node_id: 'signer:node-1', health: 'YELLOW', ts_utc: '2026-01-02T00:00:00.000Z', attestation },
    ]);
    expect(answers).toEqual([expect.objectContaining({ nodeId: 'signer:node-1', status: 'OK' })]);
  });

  it('comes again after its interval, also when one failed', async () => {
    const { heartbeat, sent, answers, errors, hub } = beating();
    hub.fails = true;
    await heartbeat.start();
    expect([errors.length, answers.length]).toEqual([1, 0]);
    await waitUntil(() => errors.length > 2);
    hub.fails = false;
    await waitUntil(() => answers.length > 2);
    heartbeat.stop();
    expect(sent.length).toBeGreaterThanOrEqual(6);
  });

  it('fails nothing when the health cannot be known', async () => {
    const { heartbeat, sent, errors } = beating(() => Promise.reject(new Error('health is not known')));
    await heartbeat.start();
    heartbeat.stop();
    expect([sent.length, errors.length]).toEqual([0, 1]);
  });

  it('ends when it is stopped, also while one is under way', async () => {
    const { heartbeat, sent } = beating();
    const first = heartbeat.start();
    heartbeat.stop();
    await first;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(sent).toHaveLength(1);
  });
});
