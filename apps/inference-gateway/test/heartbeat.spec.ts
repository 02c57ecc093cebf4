import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { OutputContext } from '@touchstone/contracts';
import { capabilityHash, contextNonce } from '@touchstone/evidence';
import { RPC_TIMEOUT_MS } from '@touchstone/nats';
import { AttestationHubDouble, waitUntil } from '@touchstone/testing';
import { NODE_STATUS_MAX_AGE_MS } from '../src/domain/node/node-status.js';
import { GatewayFixture, infer, type Gateway } from './support/gateway-fixture.js';
import { add, operator } from './support/operator-requests.js';
import { digitsBody } from './support/paid-requests.js';

const BUILD_ID = `0.1.0+${'b'.repeat(64)}`;

let fixture: GatewayFixture;
const hub = new AttestationHubDouble();
/** How far the clock of the gateways is ahead. */
let aheadMs = 0;
const clock = { nowMs: () => Date.now() + aheadMs };

beforeAll(async () => {
  fixture = await GatewayFixture.create();
  hub.serve(await fixture.connect('attestation-hub'));
}, 60_000);

afterEach(() => {
  hub.isSilent = false;
  hub.status = 'OK';
  aheadMs = 0;
});

afterAll(async () => fixture.close());

const last = (node: string) => hub.of(node).at(-1);

/** Asks for an answer, and reads what its nonce commits to about the node. */
async function signedNode(gateway: Gateway): Promise<OutputContext['node']> {
  const answer = (await (await infer(gateway, 'digits', digitsBody)).json()) as {
    context: OutputContext;
    proof: { nonce: string };
  };
  expect(answer.proof.nonce).toBe(contextNonce(answer.context));
  return answer.context.node;
}

describe('the heartbeat', () => {
  it('is sent by the user of its node, and names the node as every record does (R-NODE-1)', async () => {
    const gateway = await fixture.start({ TOUCHSTONE_NODE_ID: 'node-2' });
    await waitUntil(() => last('node-2') !== undefined);
    expect(hub.heard.find(({ message }) => message.node_id === 'node-2')?.user).toBe(
      'inference-gateway.node-2',
    );
    expect(last('node-2')?.attestation).toMatchObject({ schema: 'attestation_v1', build_id: BUILD_ID });
    await waitUntil(async () => (await signedNode(gateway))?.attestationStatus === 'OK');
    expect(await signedNode(gateway)).toEqual({
      nodeId: 'node-2',
      attestationStatus: 'OK',
      buildId: BUILD_ID,
      capabilityHash: last('node-2')?.attestation?.capability_hash,
    });
  });

  it('names the models that were added since', async () => {
    const gateway = await fixture.start(operator, { heartbeatIntervalMs: 50 });
    const stated = () => last('node-1')?.attestation?.capability_hash;
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
    await waitUntil(() => stated() === before);
    expect((await add(gateway, { name: 'heard', labels: ['a', 'b', 'c'] })).status).toBe(201);
    const after = await hashOfAll();
    expect(after).not.toBe(before);
    await waitUntil(() => stated() === after);
  });
});

describe('what is signed about the node', () => {
  it('is what the hub holds of it: drift, suspicion, and that it is well again', async () => {
    const gateway = await fixture.start({}, { heartbeatIntervalMs: 50 });
    for (const status of ['DRIFT', 'SPOOF_SUSPECT', 'MISSING', 'OK'] as const) {
      hub.status = status;
      const heard = hub.heard.length;
      // The second that is heard follows the answer to the first.
      await waitUntil(() => hub.heard.length >= heard + 2);
      expect(await signedNode(gateway)).toMatchObject({ nodeId: 'node-1', attestationStatus: status });
    }
  });

  it('is UNKNOWN once the hub is silent for longer than NODE_STATUS_MAX_AGE_MS, until it speaks again', async () => {
    const gateway = await fixture.start({}, { heartbeatIntervalMs: 50, clock });
    hub.status = 'DRIFT';
    await waitUntil(async () => (await signedNode(gateway))?.attestationStatus === 'DRIFT');
    hub.isSilent = true;
    const heard = hub.heard.length;
    await waitUntil(() => hub.heard.length > heard);
    expect(await signedNode(gateway)).toMatchObject({ attestationStatus: 'DRIFT' });
    aheadMs = NODE_STATUS_MAX_AGE_MS + 1;
    expect(await signedNode(gateway)).toEqual({
      nodeId: 'node-1',
      attestationStatus: 'UNKNOWN',
      buildId: null,
      capabilityHash: null,
    });
    hub.isSilent = false;
    // The heartbeat that the silent hub took waits for its answer that long, and the next one comes after it.
    const isHeard = async () => (await signedNode(gateway))?.attestationStatus === 'DRIFT';
    await waitUntil(isHeard, 2 * RPC_TIMEOUT_MS);
  });

  it('is UNKNOWN where heartbeats are switched off', async () => {
    const gateway = await fixture.start({ TOUCHSTONE_HEARTBEATS: 'off' });
    expect(await signedNode(gateway)).toMatchObject({ nodeId: 'node-1', attestationStatus: 'UNKNOWN' });
  });
});
