import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import { outputDigest } from '@touchstone/evidence';
import type { EventPublisher, RpcClient } from '@touchstone/nats';
import { silentLogger } from '@touchstone/platform/observability';
import { AttestationHubDouble, FakeClock, waitUntil } from '@touchstone/testing';
import { NODE_NEWS_MAX_AGE_MS } from '../src/domain/node-standing.js';
import { NODE_STANDING_INTERVAL_MS, NODE_STANDING_TIMEOUT_MS } from '../src/node-news.js';
import { GATEWAY_TOKEN, SignerFixture } from './support/signer-fixture.js';
import { payload } from './support/signer-requests.js';

const CHANGED = 'evt.v1.attestation.node.changed';
const NODE = 'node-1';
const blockedCode = { code: 'node-blocked', retryable: true };

let fixture: SignerFixture;
let events: EventPublisher;
let node: RpcClient;
let other: RpcClient;
let hub: AttestationHubDouble;

beforeAll(async () => {
  fixture = await SignerFixture.create();
  events = await fixture.publisher('attestation-hub');
  node = await fixture.client('inference-gateway.node-1');
  other = await fixture.client('inference-gateway.node-2');
});
afterAll(() => fixture.close());
afterEach(() => {
  hub.blocked.clear();
  hub.isSilent = false;
  hub.delayMs = 0;
});

/** What the hub tells of the node. */
function told(blocked: boolean) {
  const changedAt = new Date().toISOString();
  const standing = { zone: 'payments', quarantined: blocked, blocked };
  return { nodeId: NODE, status: 'OK' as const, previous: 'OK' as const, changedAt, ...standing };
}

const tell = (blocked: boolean) => events.publish(CHANGED, told(blocked), { msgId: crypto.randomUUID() });

const codeOf = (rpc: RpcClient): Promise<string> =>
  rpc.call('signer', 'sign-output', payload).then(
    () => 'signed',
    (error: { code: string }) => error.code,
  );

describe('without a hub', () => {
  beforeAll(() => {
    hub = new AttestationHubDouble();
  });

  it('a signer starts and signs for every node, or for none where it fails closed', async () => {
    const open = await fixture.start();
    await open.ready();
    expect(await codeOf(node)).toBe('signed');
    await open.stop();
    const closed = await fixture.start({ TOUCHSTONE_NODE_POLICY_FAIL: 'closed' });
    await closed.ready();
    await expect(node.call('signer', 'sign-output', payload)).rejects.toMatchObject({
      ...blockedCode,
      message: expect.stringContaining('without news'),
    });
    await closed.stop();
  }, 30_000);
});

describe('a node that the hub has blocked', () => {
  beforeAll(async () => {
    hub = new AttestationHubDouble().serve(await fixture.connect('attestation-hub'));
  });

  it('gets no output signed, alone or with others, which is recorded; all others do, until it is free again', async () => {
    const signer = await fixture.start();
    expect(await codeOf(node)).toBe('signed');
    hub.blocked.add(NODE);
    await waitUntil(async () => (await codeOf(node)) === 'node-blocked', 3 * NODE_STANDING_INTERVAL_MS);
    const refused = { ...payload, nonce: bytesToHex(sha256(Uint8Array.of(77))) };
    await expect(node.call('signer', 'sign-output', refused)).rejects.toMatchObject(blockedCode);
    await expect(node.call('signer', 'sign-outputs', { payloads: [refused, payload] })).rejects.toMatchObject(
      blockedCode,
    );
    const digest = bytesToHex(outputDigest(refused, 'model-output-v1'));
    expect(
      await fixture.rows(
        `SELECT caller, result, reason FROM signer.signing_audit WHERE encode(digest, 'hex') = '${digest}'`,
      ),
    ).toEqual(
      Array(2).fill({
        caller: 'inference-gateway/node-1',
        result: 'refused',
        reason: 'The attestation hub has blocked the node node-1.',
      }),
    );
    expect(await codeOf(other)).toBe('signed');
    const authorization = { authorization: `Bearer ${GATEWAY_TOKEN}` };
    expect((await signer.post('/v1/sign-output', payload, authorization)).status).toBe(200);
    hub.blocked.delete(NODE);
    await waitUntil(async () => (await codeOf(node)) === 'signed', 3 * NODE_STANDING_INTERVAL_MS);
    await signer.stop();
  }, 60_000);

  it('is refused with the event itself, while the hub answers no question', async () => {
    const signer = await fixture.start();
    await signer.ready();
    hub.isSilent = true;
    await tell(true);
    await waitUntil(async () => (await codeOf(node)) === 'node-blocked');
    expect(await codeOf(other)).toBe('signed');
    await tell(false);
    await waitUntil(async () => (await codeOf(node)) === 'signed');
    await signer.stop();
  }, 30_000);

  it('makes a signer that hears of it ask at once', async () => {
    const signer = await fixture.start();
    await signer.ready();
    const { asked } = hub;
    await waitUntil(() => hub.asked > asked, 2 * NODE_STANDING_INTERVAL_MS);
    const startedMs = performance.now();
    const before = hub.asked;
    hub.blocked.add(NODE);
    await tell(true);
    await waitUntil(() => hub.asked > before);
    expect(performance.now() - startedMs).toBeLessThan(NODE_STANDING_INTERVAL_MS / 2);
    expect(await codeOf(node)).toBe('node-blocked');
    await signer.stop();
  }, 30_000);

  it('is refused by a signer that was away, from its first answer', async () => {
    hub.blocked.add(NODE);
    const signer = await fixture.start();
    expect(await codeOf(node)).toBe('node-blocked');
    await signer.stop();
  }, 30_000);

  it.each([
    ['within', -400, 'node-blocked'],
    ['after', 400, 'signed'],
  ])(
    'does not hold up a start for longer: the answer comes %s NODE_STANDING_TIMEOUT_MS',
    async (_when, beyondMs, found) => {
      hub.blocked.add(NODE);
      hub.delayMs = NODE_STANDING_TIMEOUT_MS + beyondMs;
      const startedMs = performance.now();
      const signer = await fixture.start();
      expect(await codeOf(node)).toBe(found);
      const tookMs = performance.now() - startedMs;
      expect(tookMs).toBeGreaterThanOrEqual(Math.min(hub.delayMs, NODE_STANDING_TIMEOUT_MS) - 10);
      expect(tookMs).toBeLessThan(NODE_STANDING_TIMEOUT_MS + NODE_STANDING_INTERVAL_MS);
      hub.delayMs = 0;
      await waitUntil(async () => (await codeOf(node)) === 'node-blocked', 3 * NODE_STANDING_INTERVAL_MS);
      await signer.stop();
    },
    30_000,
  );

  it.each([
    ['open', 'signed'],
    ['closed', 'node-blocked'],
  ])(
    'stays refused when the hub falls silent; fails %s: others are %s, told once',
    async (fail, others) => {
      const clock = new FakeClock(Date.now());
      const logger = silentLogger();
      const warn = jest.spyOn(logger, 'warn');
      hub.blocked.add(NODE);
      const signer = await fixture.startAt(clock, { TOUCHSTONE_NODE_POLICY_FAIL: fail }, logger);
      const lines = () =>
        warn.mock.calls.filter(([, message]) => String(message).startsWith('nothing is heard'));
      hub.isSilent = true;
      const { asked } = hub;
      await waitUntil(() => hub.asked > asked, 2 * NODE_STANDING_INTERVAL_MS);
      expect([await codeOf(node), await codeOf(other)]).toEqual(['node-blocked', 'signed']);
      expect(lines()).toHaveLength(0);
      clock.advance(NODE_NEWS_MAX_AGE_MS + 1);
      expect([await codeOf(node), await codeOf(other)]).toEqual(['node-blocked', others]);
      await waitUntil(() => lines().length > 0, 3 * NODE_STANDING_INTERVAL_MS);
      const told = hub.asked;
      await waitUntil(() => hub.asked > told + 1, 5 * NODE_STANDING_INTERVAL_MS);
      expect(lines()).toHaveLength(1);
      expect(await signer.metrics()).toMatch(
        /^touchstone_signer_node_news_age_seconds(\{[^}]*\})? 60\.001$/m,
      );
      hub.isSilent = false;
      hub.blocked.clear();
      await waitUntil(async () => (await codeOf(node)) === 'signed', 4 * NODE_STANDING_INTERVAL_MS);
      expect(await codeOf(other)).toBe('signed');
      await signer.stop();
    },
    60_000,
  );

  it.each(['proof-service', 'inference-gateway', 'anchor-worker', 'signer'] as const)(
    'is not made one, nor freed, by what %s says',
    async (service) => {
      const forger = await fixture.publisher(service);
      await expect(forger.publish(CHANGED, told(true), { msgId: 'forged' })).rejects.toMatchObject({
        code: 'forbidden',
      });
    },
  );
});
