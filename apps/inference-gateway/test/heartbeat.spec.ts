import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Heartbeat as HeartbeatMessage } from '@touchstone/contracts';
import { capabilityHash } from '@touchstone/evidence';
import { RpcClient } from '@touchstone/nats';
import { FakeClock, waitUntil } from '@touchstone/testing';
import { Heartbeat } from '../src/adapters/attestation-hub/heartbeat.js';
import { LastNodeStatus, NODE_STATUS_MAX_AGE_MS } from '../src/domain/node/node-status.js';
import { GatewayFixture, infer } from './support/gateway-fixture.js';
import { add, operator } from './support/operator-requests.js';
import { digitsBody } from './support/paid-requests.js';
import { serveRpc } from './support/serve-rpc.js';

let fixture: GatewayFixture;
const heard: HeartbeatMessage[] = [];

beforeAll(async () => {
  fixture = await GatewayFixture.create();
  serveRpc(await fixture.connect('attestation-hub'), 'attestation-hub', 'heartbeat', async (message) => {
    heard.push(message);
    return {
      nodeId: message.node_id,
      status: 'DRIFT' as const,
      health: message.health,
      lastSeen: message.ts_utc,
    };
  });
}, 60_000);

afterAll(async () => fixture.close());

describe('the heartbeat', () => {
  it('is sent at the start, and its answer stands in every record (R-NODE-1)', async () => {
    const gateway = await fixture.start({ TOUCHSTONE_NODE_ID: 'node-3' });
    await waitUntil(() => heard.length > 0);
    const [first] = heard;
    expect(first).toMatchObject({
      node_id: 'node-3',
      attestation: { schema: 'attestation_v1', build_id: 'b'.repeat(64) },
    });
    const answer = (await (await infer(gateway, 'digits', digitsBody)).json()) as {
      context: { node: object };
    };
    expect(answer.context.node).toEqual({
      nodeId: 'node-3',
      attestationStatus: 'DRIFT',
      buildId: 'b'.repeat(64),
      capabilityHash: first?.attestation?.capability_hash,
    });
  });

  it('names the models that were added since', async () => {
    const gateway = await fixture.start(
      { ...operator, TOUCHSTONE_NODE_ID: 'node-5' },
      { heartbeatIntervalMs: 50 },
    );
    const last = () => heard.findLast(({ node_id: id }) => id === 'node-5')?.attestation?.capability_hash;
    const hashOfAll = async () => {
      const { models } = (await (await fetch(`${gateway.url}/v1/models`)).json()) as {
        models: { modelVersionId: string }[];
      };
      return capabilityHash([
        'inference:onnx',
        ...models.map(({ modelVersionId }) => `model:${modelVersionId}`),
      ]);
    };
    const before = await hashOfAll();
    await waitUntil(() => last() === before);
    expect((await add(gateway, { name: 'heard', labels: ['a', 'b', 'c'] })).status).toBe(201);
    const after = await hashOfAll();
    expect(after).not.toBe(before);
    await waitUntil(() => last() === after);
  });

  it('comes again after its interval, also when one failed, until it is stopped', async () => {
    const clock = new FakeClock();
    const status = new LastNodeStatus('node-4', () => clock.nowMs());
    const errors: unknown[] = [];
    let healthy = false;
    const heartbeat = new Heartbeat({
      rpc: new RpcClient({ nc: await fixture.connect('inference-gateway'), caller: 'inference-gateway' }),
      nodeId: 'node-4',
      attestation: () => ({
        schema: 'attestation_v1',
        build_id: 'x',
        capability_hash: 'a'.repeat(64),
        runtime: {},
      }),
      status,
      nowMs: () => clock.nowMs(),
      health: async () => {
        if (!healthy) throw new Error('health is not known');
        return 'GREEN';
      },
      onError: (error) => errors.push(error),
      intervalMs: 20,
    });
    await heartbeat.start();
    expect(status.current().attestationStatus).toBe('UNKNOWN');
    healthy = true;
    await waitUntil(() => status.current().attestationStatus === 'DRIFT');
    heartbeat.stop();
    expect(errors.length).toBeGreaterThan(0);
    const sent = heard.filter(({ node_id: id }) => id === 'node-4').length;
    await new Promise((resolve) => setTimeout(resolve, 100));
    // One may have been under way.
    expect(heard.filter(({ node_id: id }) => id === 'node-4').length).toBeLessThanOrEqual(sent + 1);
    clock.advance(NODE_STATUS_MAX_AGE_MS);
    expect(status.current().attestationStatus).toBe('DRIFT');
    clock.advance(1);
    expect(status.current()).toEqual({
      nodeId: 'node-4',
      attestationStatus: 'UNKNOWN',
      buildId: null,
      capabilityHash: null,
    });
  });
});
