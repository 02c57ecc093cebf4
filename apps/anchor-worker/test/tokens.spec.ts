import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { TokenVerifier } from '@touchstone/chain-proofs';
import { DER_BYTES_MAX, rfc3161Proof, type AnchorFinal } from '@touchstone/contracts';
import { anchoredCommitment } from '@touchstone/evidence';
import { available, isOpensslPresent, OPENSSL_REMEDY } from '@touchstone/testing';
import { TSA_TIMEOUT_MS } from '../src/adapters/rfc3161/http-time-stamping.js';
import { ANCHOR_WAIT_DEFAULT_MAX_MS, FAILED_SPACING_FIRST_MS } from '../src/domain/anchor/policy.js';
import { BUDGET_LOOK_MS } from '../src/domain/anchor/policed-target.js';
import { ANCHOR_FAILURES_MAX } from '../src/domain/anchor/target-store.js';
import { PostgresAnchorReader } from '../src/persistence/postgres-anchor-reader.js';
import { AuthorityServer, TSA_NETWORK, type Answer, type TargetOptions } from './support/authority-server.js';
import { leavesOf } from './support/leaves.js';
import { LogFixture, type Replica } from './support/log-fixture.js';

const PAGE = { limit: 10, before: undefined };
/** For an authority that hangs; an honest one has as long as it is given outside of tests. */
const HANGING_TIMEOUT_MS = 300;
const describeWithOpenssl = available(isOpensslPresent(), OPENSSL_REMEDY) ? describe : describe.skip;

describeWithOpenssl('tokens of a time-stamping authority', () => {
  let tsa: AuthorityServer;
  let fixture: LogFixture;
  let replica: Replica;

  beforeAll(async () => {
    tsa = await AuthorityServer.start();
  }, 60_000);
  afterAll(() => tsa.close());
  beforeEach(async () => {
    tsa.answer = tsa.honest;
    fixture = await LogFixture.create();
    replica = await fixture.replica({ settings: { intervalMs: 0 } });
  });
  afterEach(() => fixture.close());

  const target = (made = replica, options: TargetOptions = {}) => tsa.target(made, options);
  /** Lets an hour pass for what is stored. */
  const anHourLater = () =>
    fixture.rows(
      `UPDATE anchors.chain_anchor SET created_at = created_at - interval '1 hour', cost_at = cost_at - interval '1 hour'`,
    );
  async function publish(label: string): Promise<void> {
    await replica.intake.accept({ leaves: leavesOf(label, 1), entries: [], batches: [] });
    while ((await replica.sealing.run()) === 0);
    while ((await replica.checkpointing.run()) === 0);
  }
  const finals = () => fixture.events<AnchorFinal>('evt.v1.anchor.anchor.final');

  it('anchor a checkpoint at once, and verify offline', async () => {
    await publish('a');
    expect(await target().run()).toBe(0);
    expect(await target().run()).toBeUndefined();
    const [final, ...others] = await finals();
    expect(others).toEqual([]);
    expect(final).toMatchObject({
      kind: 'rfc3161',
      network: TSA_NETWORK,
      level: 'finalized',
      blockNumber: null,
    });
    const [{ note } = { note: '' }] = await fixture.rows<{ note: string }>(
      'SELECT note FROM anchors.checkpoint',
    );
    const proof = rfc3161Proof.parse(final?.proof);
    const token = new Uint8Array(Buffer.from(proof.token, 'base64'));
    const commitment = anchoredCommitment(note) as Uint8Array;
    expect(Buffer.from(commitment).toString('hex')).toBe(final?.commitment);
    const verified = new TokenVerifier(tsa.trusted).verify({
      token,
      certificates: [],
      revocation: [],
      commitment,
    });
    expect(verified).toMatchObject({ ok: true });
  });

  it('are listed as anchors of a root, without a transaction', async () => {
    await publish('a');
    const roots = () => new PostgresAnchorReader(replica.dataSource).roots('model-a', PAGE);
    expect(await roots()).toMatchObject([{ kind: null, network: null, txid: null }]);
    await target().run();
    const stampedAt = Number(
      (
        await fixture.rows<{ at: string }>(
          'SELECT extract(epoch FROM anchored_at) AS at FROM anchors.chain_anchor',
        )
      )[0]?.at,
    );
    expect(Math.abs(stampedAt - Date.now() / 1_000)).toBeLessThan(60);
    expect(await roots()).toMatchObject([
      { kind: 'rfc3161', network: TSA_NETWORK, txid: null, anchoredAt: Math.floor(stampedAt) },
    ]);
    // A token is in no block: the table of R-ANCHOR-1 names no transaction for it.
    expect(await fixture.rows('SELECT txid FROM anchors.model_anchors')).toEqual([{ txid: null }]);
  });

  /** What was stored of anchors that failed. */
  const failed = () =>
    fixture.rows<{ failure: string; cost: string }>(
      `SELECT failure, cost::text AS cost FROM anchors.chain_anchor WHERE state = 'failed' ORDER BY created_at`,
    );

  it.each<[string, string, Answer]>([
    ['is no token', '0', (_query, response) => response.end('<html>')],
    ['is an error', '0', (_query, response) => response.writeHead(503).end()],
    ['is empty', '0', (_query, response) => response.end()],
    ['is longer than any token', '0', (_query, response) => response.end(Buffer.alloc(DER_BYTES_MAX + 1))],
    ['is of another authority', '1', (query, response) => tsa.forged(query, response)],
    ['is of another request', '0', (_query, response) => response.end(tsa.authority.reply(otherQuery()))],
  ])(
    'are no anchor where the answer %s, and count as failed; the next one is',
    async (_name, cost, given) => {
      await publish('a');
      tsa.answer = given;
      expect(await target().run()).toBe(0);
      expect(await failed()).toEqual([{ failure: expect.any(String), cost }]);
      expect(await finals()).toEqual([]);
      tsa.answer = tsa.honest;
      expect(await target().run()).toBeGreaterThan(FAILED_SPACING_FIRST_MS / 2);
      await anHourLater();
      expect(await target().run()).toBe(0);
      expect(await finals()).toHaveLength(1);
    },
  );

  it.each<[string, Answer]>([
    ['never comes', () => undefined],
    ['breaks off', (_query, response) => response.writeHead(200).write('x', () => response.destroy())],
    [
      'leads elsewhere',
      (_query, response) => response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end(),
    ],
  ])('are not counted as failed where the answer %s; the next one is an anchor', async (name, given) => {
    await publish('a');
    tsa.answer = given;
    const timeoutMs = name === 'never comes' ? HANGING_TIMEOUT_MS : TSA_TIMEOUT_MS;
    await expect(target(replica, { timeoutMs }).run()).rejects.toMatchObject({
      code: 'dependency-unavailable',
    });
    expect(await fixture.rows('SELECT 1 FROM anchors.chain_anchor')).toEqual([]);
    tsa.answer = tsa.honest;
    expect(await target().run()).toBe(0);
    expect(await finals()).toHaveLength(1);
  });

  it('that do not hold time after time are told by any process, until one holds', async () => {
    await publish('a');
    tsa.answer = tsa.forged;
    for (let refusal = 1; refusal <= ANCHOR_FAILURES_MAX; refusal += 1) {
      // Each run is that of a process that was started again.
      const one = target();
      expect(await one.run()).toBe(0);
      expect(one.trouble).toBeUndefined();
      await anHourLater();
    }
    const paid: bigint[] = [];
    const one = target(replica, { paid });
    await one.run();
    expect(one.trouble).toContain('the token fails at');
    tsa.answer = tsa.honest;
    await anHourLater();
    await one.run();
    await one.run();
    expect(one.trouble).toBeUndefined();
    expect(paid).toEqual([1n, 1n]);
  });

  it('keep to the budget, and go on when a day has passed', async () => {
    const one = target(replica, { costPerDayMax: 2n });
    for (const label of ['a', 'b', 'c']) {
      await publish(label);
      await one.run();
    }
    expect(await finals()).toHaveLength(2);
    expect(one.trouble).toMatch(/has spent 2 of 2 tokens in 24 h; it goes on at 20\d\d-/);
    const roots = await new PostgresAnchorReader(replica.dataSource).roots('model-a', PAGE);
    expect(roots?.map(({ network }) => network)).toEqual([null, TSA_NETWORK, TSA_NETWORK]);
    await fixture.rows(`UPDATE anchors.chain_anchor SET cost_at = cost_at - interval '24 hours'`);
    expect(await one.run()).toBe(0);
    await one.run();
    expect(one.trouble).toBeUndefined();
    expect(await finals()).toHaveLength(3);
  });

  it('wait for the fewest entries, and no longer than the longest wait', async () => {
    const one = target(replica, { minEntries: 2 });
    await publish('a');
    expect(await one.run()).toBeGreaterThan(ANCHOR_WAIT_DEFAULT_MAX_MS - 60_000);
    expect(one.trouble).toBeUndefined();
    await publish('b');
    expect(await one.run()).toBe(0);
    await publish('c');
    expect(await one.run()).toBeGreaterThan(ANCHOR_WAIT_DEFAULT_MAX_MS - 60_000);
    await fixture.rows(`UPDATE anchors.checkpoint SET published_at = published_at - interval '1 hour'`);
    expect(await one.run()).toBe(0);
    expect((await finals()).map(({ checkpointSize }) => checkpointSize)).toEqual(['2', '3']);
  });

  it('that would cost more than the whole budget are never asked for, and it is told', async () => {
    await publish('a');
    const one = target(replica, { costPerDayMax: 0n });
    expect(await one.run()).toBe(BUDGET_LOOK_MS);
    expect(one.trouble).toContain('none is ever made');
    expect(await fixture.rows('SELECT 1 FROM anchors.chain_anchor')).toEqual([]);
  });

  it('are recorded once for a checkpoint, however many replicas ask', async () => {
    await publish('a');
    const second = await fixture.replica();
    await Promise.all([target().run(), target(second).run()]);
    expect(await finals()).toHaveLength(1);
  });
});

/** A well-formed request of somebody else. */
function otherQuery(): Uint8Array {
  const head = '3043020101303130' + '0d060960864801650304020105000420' + '11'.repeat(32);
  return new Uint8Array(Buffer.from(`${head}0208${'7f'.repeat(8)}0101ff`, 'hex'));
}
