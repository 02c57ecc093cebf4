import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { AnchorFinal, AnchorStuck } from '@touchstone/contracts';
import { available, isOpensslPresent, OPENSSL_REMEDY } from '@touchstone/testing';
import { setTimeout as sleep } from 'node:timers/promises';
import { StuckAnchors } from '../src/domain/anchor/stuck-anchors.js';
import { ANCHOR_FAILURES_MAX } from '../src/domain/anchor/target-store.js';
import { PostgresAnchorReader } from '../src/persistence/postgres-anchor-reader.js';
import { AuthorityServer, TSA_NETWORK, type TargetOptions } from './support/authority-server.js';
import { leavesOf } from './support/leaves.js';
import { LetterFixture } from './support/letter-fixture.js';
import { LogFixture, type Replica } from './support/log-fixture.js';

const describeWithOpenssl = available(isOpensslPresent(), OPENSSL_REMEDY) ? describe : describe.skip;

describeWithOpenssl('an authority that gives no token that holds', () => {
  let tsa: AuthorityServer;
  let fixture: LogFixture;
  let mesh: LetterFixture;

  beforeAll(async () => {
    tsa = await AuthorityServer.start();
  }, 60_000);
  afterAll(() => tsa.close());
  beforeEach(async () => {
    tsa.answer = tsa.forged;
    fixture = await LogFixture.create();
    mesh = await LetterFixture.create();
  });
  afterEach(async () => {
    await mesh.close();
    await fixture.close();
  });

  const replica = () => fixture.replica({ settings: { intervalMs: 0 } });
  const stuck = () => fixture.events<AnchorStuck>('evt.v1.anchor.anchor.stuck');
  const finals = () => fixture.events<AnchorFinal>('evt.v1.anchor.anchor.final');
  /** Where each root is listed as anchored. */
  const networks = async (made: Replica) => {
    const roots = await new PostgresAnchorReader(made.dataSource).roots('model-a', {
      ...{ limit: 10, before: undefined },
    });
    return roots?.map(({ network }) => network);
  };
  const anHourLater = () =>
    fixture.rows(`UPDATE anchors.chain_anchor SET created_at = created_at - interval '1 hour'`);

  async function publish(made: Replica, label: string): Promise<void> {
    await made.intake.accept({ leaves: leavesOf(label, 1), entries: [], batches: [] });
    while ((await made.sealing.run()) === 0);
    while ((await made.checkpointing.run()) === 0);
  }

  /** Refuses as often as it takes, each time a process that was started again. */
  async function refuseUntilStuck(): Promise<void> {
    for (let refusal = 1; refusal <= ANCHOR_FAILURES_MAX; refusal += 1) {
      expect(await stuck()).toEqual([]);
      const made = await replica();
      expect(await tsa.target(made).run()).toBe(0);
      expect(await tsa.target(made).run()).toBeGreaterThan(20_000);
      await made.dataSource.destroy();
      await anHourLater();
    }
  }

  async function start(options: TargetOptions = {}): Promise<Replica> {
    const made = await replica();
    const targets = [tsa.target(made, options)];
    await mesh.start(made, new StuckAnchors(targets, made.ports.exclusive, { nowMs: Date.now, sleep }));
    return made;
  }

  it('five times leaves one letter, however many replicas there are, and a replay anchors once', async () => {
    const first = await replica();
    await publish(first, 'a');
    await refuseUntilStuck();
    await Promise.all([start(), start()]);
    const [letter] = await mesh.letters(1);
    expect(letter).toMatchObject({
      code: 'anchor-stuck',
      reason: expect.stringContaining(`${TSA_NETWORK}: the token fails at`),
    });
    expect(await stuck()).toHaveLength(1);
    expect(await finals()).toEqual([]);
    expect(await networks(first)).toEqual([null]);
    tsa.answer = tsa.honest;
    expect(await mesh.replay(letter!)).toMatchObject({ state: 'replayed' });
    expect(await finals()).toHaveLength(1);
    expect(await networks(first)).toEqual([TSA_NETWORK]);
  }, 60_000);

  it('is a letter with the reason, too, where it does not answer at all when it is tried once more', async () => {
    await publish(await replica(), 'a');
    await refuseUntilStuck();
    tsa.answer = (_query, response) => response.destroy();
    await start();
    const [letter] = await mesh.letters(1);
    expect(letter).toMatchObject({
      code: 'anchor-stuck',
      reason: expect.stringContaining('does not answer'),
    });
  }, 60_000);

  it('is not asked past the budget, and the letter says so', async () => {
    await publish(await replica(), 'a');
    await refuseUntilStuck();
    tsa.answer = tsa.honest;
    await start({ costPerDayMax: BigInt(ANCHOR_FAILURES_MAX) });
    const [letter] = await mesh.letters(1);
    expect(letter).toMatchObject({
      code: 'anchor-stuck',
      reason: expect.stringContaining('has spent 5 of 5 tokens'),
    });
    expect(await finals()).toEqual([]);
  }, 60_000);

  it('that is no target any more is a letter that says so', async () => {
    await publish(await replica(), 'a');
    await refuseUntilStuck();
    const made = await replica();
    await mesh.start(made, made.stuck);
    const [letter] = await mesh.letters(1);
    expect(letter).toMatchObject({ code: 'not-found', reason: expect.stringContaining(TSA_NETWORK) });
  }, 60_000);
});
