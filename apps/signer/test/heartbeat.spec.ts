import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { capabilityHash } from '@touchstone/evidence';
import { AttestationHubDouble, waitUntil } from '@touchstone/testing';
import { capabilitiesOf } from '../src/capabilities.js';
import { SignerFixture } from './support/signer-fixture.js';

let fixture: SignerFixture;
const hub = new AttestationHubDouble();

beforeAll(async () => {
  fixture = await SignerFixture.create();
});
afterAll(() => fixture.close());

describe('the heartbeat of a signer', () => {
  it('stops nothing while there is no hub', async () => {
    const signer = await fixture.start({ TOUCHSTONE_NODE_ID: 'alone' });
    await signer.ready();
    await signer.waitForMetric('touchstone_mesh_rpc_called_seconds_count', 1, 'verb="heartbeat"');
    expect(await signer.stop()).toBe(true);
    expect(hub.heard).toEqual([]);
  });

  it('names its node, its build and what it is configured to do', async () => {
    hub.serve(await fixture.connect('attestation-hub'));
    const signer = await fixture.start({ TOUCHSTONE_NODE_ID: 'vault' });
    await waitUntil(() => hub.heard.length > 0);
    const { build, version } = signer.context;
    expect(hub.heard[0]).toEqual({
      user: 'signer',
      message: {
        node_id: 'signer:vault',
        health: 'GREEN',
        ts_utc: expect.any(String),
        attestation: {
          schema: 'attestation_v1',
          build_id: `${version}+${build.hash}`,
          capability_hash: capabilityHash(capabilitiesOf(fixture.config())),
          runtime: { os: process.platform, node: process.version },
        },
      },
    });
    expect(await signer.stop()).toBe(true);
  });

  it('ends a shutdown in time, although a hub does not answer', async () => {
    hub.isSilent = true;
    const signer = await fixture.start({ TOUCHSTONE_NODE_ID: 'waiting' });
    await waitUntil(() => hub.of('signer:waiting').length > 0);
    const startedMs = performance.now();
    expect(await signer.stop()).toBe(true);
    expect(performance.now() - startedMs).toBeLessThan(4_000);
    hub.isSilent = false;
  });

  it('is not sent where the operator switched it off', async () => {
    const signer = await fixture.start({ TOUCHSTONE_NODE_ID: 'quiet', TOUCHSTONE_HEARTBEATS: 'off' });
    await signer.ready();
    const other = await fixture.start({ TOUCHSTONE_NODE_ID: 'loud' });
    await waitUntil(() => hub.of('signer:loud').length > 0);
    expect(hub.of('signer:quiet')).toEqual([]);
    await other.stop();
    await signer.stop();
  });

  it.each(['a.b', 'a:b', 'heartbeat', ''])('does not start on a node that is called %j', (name) => {
    expect(() => fixture.config({ TOUCHSTONE_NODE_ID: name })).toThrow(/TOUCHSTONE_NODE_ID/);
  });
});
