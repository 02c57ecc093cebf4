import { expect } from '@jest/globals';
import { TokenVerifier } from '@touchstone/chain-proofs';
import { AppError, rfc3161Proof, type AnchorFinal, type AnchorStuck } from '@touchstone/contracts';
import { anchoredCommitment } from '@touchstone/evidence';
import { ANCHOR_FAILURES_MAX } from '../../src/domain/anchor/target-store.js';
import { StuckAnchors } from '../../src/domain/anchor/stuck-anchors.js';
import type { TsaTarget } from '../../src/domain/anchor/rfc3161/tsa-target.js';
import { AuthorityServer, TSA_NETWORK } from './authority-server.js';
import { Death, type EndingAt } from './death.js';
import { leavesOf } from './leaves.js';
import { LogFixture, type Replica } from './log-fixture.js';

/** What a scene may count on when no process dies in it. */
type At = Omit<EndingAt, 'meanwhile'> | undefined;

interface Anchor {
  readonly state: string;
  readonly cost: string;
}

/** Replicas that have one checkpoint after the other time-stamped by a real authority. */
export class TokenScene {
  private size = 0;
  /** Tokens that left the authority for the newest checkpoint. */
  private given = 0;

  private constructor(
    private readonly log: LogFixture,
    private readonly tsa: AuthorityServer,
    private readonly beside: Replica,
  ) {}

  static async create(): Promise<TokenScene> {
    const [log, tsa] = [await LogFixture.create(), await AuthorityServer.start()];
    return new TokenScene(log, tsa, await log.replica({ settings: { intervalMs: 0 } }));
  }

  async close(): Promise<void> {
    this.tsa.close();
    await this.log.close();
  }

  /** A further checkpoint gets a token. @returns what the process did that ends where it is said */
  async run(at?: At): Promise<readonly string[]> {
    await this.publish('honest');
    const untilIdle = async (target: TsaTarget): Promise<void> => {
      while ((await target.run()) === 0);
    };
    const operations = await this.live(at, untilIdle, untilIdle);
    await this.expectToken(0);
    return operations;
  }

  /**
   * An authority has refused time after time. The letter about it is delivered to a process that ends, and again to another.
   *
   * @param then what the authority answers since
   */
  async runStuck(then: 'honest' | 'forged', at?: At): Promise<readonly string[]> {
    await this.publish('forged');
    const refusing = this.tsa.target(this.beside);
    for (let refusal = 0; refusal < ANCHOR_FAILURES_MAX; refusal += 1) {
      await refusing.run();
      await this.letAnHourPass();
    }
    const [letter, ...more] = await this.letters();
    expect({ letter, more }).toMatchObject({ letter: { failuresInRow: ANCHOR_FAILURES_MAX }, more: [] });
    this.answer(then);
    const outcomes: string[] = [];
    // Whoever does not have the turn waits for it; one that lost its turn unknowingly does not.
    const operations = await this.live(
      at,
      (target) => target.tryNow(),
      async (target, { ports }) => {
        const stuck = new StuckAnchors([target], ports.exclusive, ports);
        await stuck.retry(letter!, false).then(
          () => outcomes.push('anchored'),
          (error: unknown) => outcomes.push(error instanceof AppError ? error.code : String(error)),
        );
      },
    );
    if (then === 'honest') {
      expect(outcomes.at(-1)).toBe('anchored');
      await this.expectToken(ANCHOR_FAILURES_MAX);
    } else {
      expect(outcomes.at(-1)).toBe('anchor-stuck');
      await this.expectNone();
      this.answer('honest');
      await this.tsa.target(this.beside).tryNow();
    }
    expect(await this.letters()).toHaveLength(1);
    return operations;
  }

  /**
   * One process lives until it ends; another one does the same beside it, and a third in place of one that died.
   *
   * @param meanwhile what another does without a turn while the first stands still
   */
  private async live(
    at: At,
    meanwhile: (target: TsaTarget) => Promise<unknown>,
    life: (target: TsaTarget, replica: Replica) => Promise<void>,
  ): Promise<readonly string[]> {
    const { tsa, log, beside } = this;
    const death = new Death(at && { ...at, meanwhile: () => meanwhile(tsa.target(beside)) });
    const first = await log.replica();
    await life(tsa.target(first, { around: death.around }), first).catch((error: unknown) => {
      if (!death.isDead) throw error;
    });
    await first.dataSource.destroy();
    if (at !== undefined) expect(death.hasCome).toBe(true);
    if (death.isDead) {
      const third = await log.replica();
      await Promise.all([life(tsa.target(beside), beside), life(tsa.target(third), third)]);
      await third.dataSource.destroy();
    }
    return death.operations;
  }

  private async publish(answer: 'honest' | 'forged'): Promise<void> {
    this.size += 1;
    this.given = 0;
    this.answer(answer);
    const { intake, sealing, checkpointing } = this.beside;
    await intake.accept({ leaves: leavesOf(`crash-${this.size}`, 1), entries: [], batches: [] });
    while ((await sealing.run()) === 0);
    while ((await checkpointing.run()) === 0);
  }

  private answer(kind: 'honest' | 'forged'): void {
    this.tsa.answer = (query, response) => {
      this.given += 1;
      this.tsa[kind](query, response);
    };
  }

  /** Letters about the newest checkpoint. */
  private async letters(): Promise<AnchorStuck[]> {
    const all = await this.log.events<AnchorStuck>('evt.v1.anchor.anchor.stuck');
    return all.filter(({ checkpointSize }) => checkpointSize === String(this.size));
  }

  private async finals(): Promise<AnchorFinal[]> {
    const all = await this.log.events<AnchorFinal>('evt.v1.anchor.anchor.final');
    return all.filter(({ checkpointSize }) => checkpointSize === String(this.size));
  }

  private anchors(): Promise<Anchor[]> {
    return this.log.rows<Anchor>(
      `SELECT state, cost::text AS cost FROM anchors.chain_anchor
       WHERE network = $1 AND checkpoint_size = $2 ORDER BY state`,
      [TSA_NETWORK, this.size],
    );
  }

  private async expectToken(refusals: number): Promise<void> {
    const anchors = await this.anchors();
    const failed = anchors.filter(({ state }) => state === 'failed');
    expect(failed).toHaveLength(refusals);
    expect(anchors.filter(({ state }) => state === 'final')).toEqual([{ state: 'final', cost: '1' }]);
    // Of a token whose process ended before it was stored nobody knows; more are never asked for than processes ask.
    this.expectCounted(anchors, 2);
    const [final, ...more] = await this.finals();
    expect(more).toEqual([]);
    const [{ note }] = (await this.log.rows<{ note: string }>(
      'SELECT note FROM anchors.checkpoint WHERE size = $1',
      [this.size],
    )) as [{ note: string }];
    const token = new Uint8Array(Buffer.from(rfc3161Proof.parse(final?.proof).token, 'base64'));
    const commitment = anchoredCommitment(note) as Uint8Array;
    const given = { token, certificates: [], revocation: [], commitment };
    expect(new TokenVerifier(this.tsa.trusted).verify(given)).toMatchObject({ ok: true });
  }

  private async expectNone(): Promise<void> {
    const anchors = await this.anchors();
    expect(anchors.every(({ state, cost }) => state === 'failed' && cost === '1')).toBe(true);
    expect(anchors.length).toBeGreaterThan(ANCHOR_FAILURES_MAX);
    this.expectCounted(anchors, 1);
    expect(await this.finals()).toEqual([]);
  }

  private expectCounted(anchors: readonly Anchor[], uncountedMax: number): void {
    const counted = anchors.reduce((sum, { cost }) => sum + Number(cost), 0);
    expect(counted).toBeLessThanOrEqual(this.given);
    expect(this.given - counted).toBeLessThanOrEqual(uncountedMax);
  }

  private async letAnHourPass(): Promise<void> {
    await this.log.rows(`UPDATE anchors.chain_anchor SET created_at = created_at - interval '1 hour'`);
  }
}
