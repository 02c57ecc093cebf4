import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { heartbeatAt, HubFixture, type Hub } from './support/hub-fixture.js';

const tokens = { 'node-1': '1'.repeat(32), 'node-2': '2'.repeat(32) };

let fixture: HubFixture;
let hub: Hub;

beforeAll(async () => {
  fixture = await HubFixture.create();
  hub = await fixture.start({ TOUCHSTONE_HEARTBEAT_TOKENS: JSON.stringify(tokens) });
}, 60_000);

afterAll(async () => fixture.close());

async function post(node_id: string, token?: string, to = hub): Promise<unknown[]> {
  const headers = token === undefined ? undefined : { authorization: `Bearer ${token}` };
  const message = heartbeatAt(fixture.clock.nowMs(), { node_id });
  const response = await to.post('/v1/nodes/heartbeat', message, headers);
  const { code } = (await response.json()) as { code?: string };
  return code === undefined ? [response.status] : [response.status, code];
}

describe('whoever posts a heartbeat', () => {
  it('has the token of the node that it is about', async () => {
    expect(await post('node-1', tokens['node-1'])).toEqual([200]);
    expect(await post('node-2', tokens['node-2'])).toEqual([200]);
  });

  it.each<[string, string, string | undefined, unknown[]]>([
    ['no token', 'node-1', undefined, [401, 'unauthenticated']],
    ['a token of nobody', 'node-1', 'x'.repeat(32), [401, 'unauthenticated']],
    ['the token of another node', 'node-1', tokens['node-2'], [403, 'forbidden']],
    ['a token, for a node that has none', 'node-3', tokens['node-1'], [403, 'forbidden']],
  ])('is refused with %s', async (_name, node, token, answer) => {
    const before = await hub.page();
    expect(await post(node, token)).toEqual(answer);
    expect(await hub.page()).toEqual(before);
  });

  it('is nobody where no tokens are configured, and anybody by the word off alone', async () => {
    const closed = await fixture.start({ TOUCHSTONE_HEARTBEAT_TOKENS: undefined });
    expect(await post('node-9', tokens['node-1'], closed)).toEqual([403, 'forbidden']);
    const open = await fixture.start({ TOUCHSTONE_HEARTBEAT_TOKENS: 'off' });
    expect(await post('node-9', undefined, open)).toEqual([200]);
    expect(() => fixture.config({ TOUCHSTONE_HEARTBEAT_TOKENS: 'OFF' })).toThrow(
      /TOUCHSTONE_HEARTBEAT_TOKENS/,
    );
  });
});
