import { expect } from '@jest/globals';
import { AppError, type AnchorFinal } from '@touchstone/contracts';
import { developmentNetwork } from '@touchstone/embedded';
import { setTimeout as sleep } from 'node:timers/promises';
import { anchorStage } from '../../src/domain/pipeline/pipeline.js';
import { AnchorFixture, type TestChain } from './anchor-fixture.js';
import type { Script, Stand } from './crash-script.js';
import { Death, type EndingAt } from './death.js';
import type { Replica } from './log-fixture.js';

/** Milliseconds between two looks of a replica for its turn. */
const TURN_LOOK_MS = 5;
/** Milliseconds that an overtaken process stands still at most: the others may wait for a lock that it holds. */
const OVERTAKEN_MS = 60;
const SCENE_TIMEOUT_MS = 15_000;
/** So many that nothing is taken for stuck unless a script wants it. */
const STUCK_BLOCKS = 1_000n;
/**
 * Questions to the node that a process may answer from a cache: two about fees at each look while a transaction waits. How many depends on
 * how long its run took; a process that asks fewer may be done before the place that was meant.
 */
const CACHED_ANSWERS_MAX = 12;
const STAGE = anchorStage(developmentNetwork);

interface Receipt {
  readonly gasUsed: string;
  readonly effectiveGasPrice: string;
}

/** Replicas that anchor one checkpoint after the other on a chain that moves only when a script wants it. */
export class CrashScene {
  private rest: Script = [];
  private size = 0;
  /** Wei of the blocks that the newest anchor stood in. */
  private spent = 0n;
  private readonly besides: Replica[] = [];
  private looking: Promise<unknown> = Promise.resolve();

  private constructor(readonly fixture: AnchorFixture) {}

  static async create(chain: TestChain): Promise<CrashScene> {
    const fixture = await AnchorFixture.create(chain);
    await fixture.call('evm_setAutomine', [false]);
    const scene = new CrashScene(fixture);
    for (let replica = 0; replica < 2; replica += 1) scene.besides.push(await scene.replica());
    return scene;
  }

  close(): Promise<void> {
    return this.fixture.close();
  }

  /**
   * Anchors a further checkpoint. The process that begins meets its end where it is said; a second one looks for its turn all the time, and
   * a third starts in place of the one that died.
   *
   * @returns what the first process did
   */
  async run(script: Script, at?: Omit<EndingAt, 'meanwhile'>): Promise<readonly string[]> {
    const [beside, overtaker] = this.besides as [Replica, Replica];
    this.size += 1;
    this.spent = 0n;
    this.rest = script;
    await this.fixture.publish(beside, `crash-${this.size}`);
    const death = new Death(at && { ...at, meanwhile: () => this.overtake(overtaker) });
    const first = await this.replica(death);
    const over = new AbortController();
    const others: Promise<unknown>[] = [];
    await first.ports.exclusive
      .run(STAGE, async () => {
        others.push(this.takeTurns(beside, over.signal));
        do await toleratingOthers(first.anchoring!.run(), death);
        while (!(await this.look()));
      })
      .catch((error: unknown) => {
        if (!death.isDead) throw error;
      });
    await first.dataSource.destroy();
    if (death.isDead) {
      const third = await this.replica();
      others.push(this.takeTurns(third, over.signal).finally(() => third.dataSource.destroy()));
      const deadlineMs = Date.now() + SCENE_TIMEOUT_MS;
      while (!(await this.look())) {
        if (Date.now() > deadlineMs) throw new Error(`stood still at ${JSON.stringify(await this.stand())}`);
        await sleep(TURN_LOOK_MS);
      }
    }
    over.abort();
    await Promise.all(others);
    if (at !== undefined) expect(death.operations.length).toBeGreaterThan(at.place - CACHED_ANSWERS_MAX);
    await this.expectAnchoredOnce();
    return death.operations;
  }

  /** Mines a block of whatever waits. */
  async mine(): Promise<void> {
    await this.fixture.call('anvil_mine', ['0x1']);
  }

  /** Whether the node has a transaction that stands in no block. */
  async hasWaiting(): Promise<boolean> {
    return Number((await this.fixture.call<{ pending: string }>('txpool_status')).pending) > 0;
  }

  /** The copy here of the transaction says that it was sent long ago. */
  async waitLong(): Promise<void> {
    await this.query(`UPDATE anchors.lane_transaction SET sent_at_block = sent_at_block - ${STUCK_BLOCKS}
                      WHERE state = 'open' AND sent_at_block > 0`);
  }

  /** The chain drops its newest block and all transactions in it. */
  async reorganise(): Promise<void> {
    const [row] = await this.query<{ transaction: string }>(
      `SELECT transaction FROM anchors.chain_anchor WHERE checkpoint_size = ${this.size}`,
    );
    this.spent += await this.paidFor(row!.transaction);
    await this.fixture.call('anvil_reorg', [1, []]);
  }

  private replica(death?: Death): Promise<Replica> {
    return this.fixture.replica({
      settings: { stuckBlocks: STUCK_BLOCKS },
      ...(death === undefined ? {} : { around: death.around }),
    });
  }

  /** Runs the stage of a replica whenever nobody else does. */
  private async takeTurns(replica: Replica, over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      await replica.ports.exclusive.run(STAGE, () => replica.anchoring!.run());
      await sleep(TURN_LOOK_MS);
    }
  }

  /** A replica goes on without its turn, as one does that took it while the session of the other was lost. */
  private async overtake(replica: Replica): Promise<void> {
    let isAlone = true;
    const goOn = async (): Promise<void> => {
      do await replica.anchoring!.run();
      while (isAlone && !(await this.look()));
    };
    const going = goOn();
    this.fixture.log.onClose(() => going);
    await Promise.race([going, sleep(OVERTAKEN_MS)]);
    isAlone = false;
  }

  /** Lets the script go on, whoever asks first. @returns whether it has ended */
  private look(): Promise<boolean> {
    const looking = this.looking.then(() => this.goOn());
    this.looking = looking.catch(() => undefined);
    return looking;
  }

  private async goOn(): Promise<boolean> {
    // Read before how it stands, which may become final between the two.
    const told = await this.finals();
    const stand = await this.stand();
    if (stand?.state !== 'final') expect(told).toEqual([]);
    const [happening] = this.rest;
    if (stand !== undefined && happening !== undefined && (await happening(this, stand)))
      this.rest = this.rest.slice(1);
    return this.rest.length === 0;
  }

  private async stand(): Promise<Stand | undefined> {
    const [stand] = await this.query<Stand>(
      `SELECT a.state, jsonb_array_length(t.attempts) AS attempts
       FROM anchors.chain_anchor AS a JOIN anchors.lane_transaction AS t ON t.subject = a.anchor_id
       WHERE a.checkpoint_size = ${this.size} ORDER BY t.signed_at DESC LIMIT 1`,
    );
    return stand;
  }

  private async finals(): Promise<AnchorFinal[]> {
    const rows = await this.query<{ payload: Buffer }>(
      `SELECT payload FROM anchors.outbox WHERE subject = 'evt.v1.anchor.anchor.final' ORDER BY id DESC LIMIT 5`,
    );
    const bodies = rows.map(({ payload }) => JSON.parse(payload.toString('utf8')) as AnchorFinal);
    return bodies.filter(({ checkpointSize }) => checkpointSize === String(this.size));
  }

  private async expectAnchoredOnce(): Promise<void> {
    const { fixture, size } = this;
    const anchors = await this.query<{ state: string; cost: string; transaction: string; note: string }>(
      `SELECT state, cost::text AS cost, transaction, note FROM anchors.chain_anchor
       JOIN anchors.checkpoint ON size = checkpoint_size WHERE checkpoint_size = ${size}`,
    );
    expect(anchors.map(({ state }) => state)).toEqual(['final']);
    const [{ cost, note, transaction }] = anchors as [(typeof anchors)[0]];
    expect(BigInt(cost)).toBe(this.spent + (await this.paidFor(transaction)));
    const [final, ...more] = await this.finals();
    expect(more).toEqual([]);
    expect(final).toMatchObject({ network: developmentNetwork, transaction });
    expect(await fixture.verify(final!, note)).toMatchObject({ ok: true });
    const finalized = await fixture.call<{ number: string }>('eth_getBlockByNumber', ['finalized', false]);
    expect(BigInt(final!.blockNumber!)).toBeLessThanOrEqual(BigInt(finalized.number));
    await this.expectSoundLane();
  }

  /** One checkpoint is one nonce and one first write. */
  private async expectSoundLane(): Promise<void> {
    const { fixture, size } = this;
    const lane = await this.query<{ nonce: number }>(
      'SELECT nonce::int AS nonce FROM anchors.lane_transaction ORDER BY nonce',
    );
    expect(lane.map(({ nonce }) => nonce)).toEqual(Array.from({ length: size }, (_, nonce) => nonce));
    const count = await fixture.call<string>('eth_getTransactionCount', [
      fixture.signer.address('anchor'),
      'latest',
    ]);
    expect(Number(count)).toBe(size);
    const filter = { address: fixture.contract, fromBlock: '0x0', toBlock: 'latest' };
    const writes = await fixture.call<{ topics: string[] }[]>('eth_getLogs', [filter]);
    expect(new Set(writes.map(({ topics }) => topics[1])).size).toBe(size);
    expect(writes).toHaveLength(size);
  }

  private async paidFor(transaction: string): Promise<bigint> {
    const receipt = await this.fixture.call<Receipt>('eth_getTransactionReceipt', [transaction]);
    return BigInt(receipt.gasUsed) * BigInt(receipt.effectiveGasPrice);
  }

  private query<T>(sql: string): Promise<T[]> {
    const [{ dataSource }] = this.besides as [Replica];
    return dataSource.query(sql) as Promise<T[]>;
  }
}

/** An overtaken process finds that others were faster; it looks again. */
async function toleratingOthers(run: Promise<unknown>, death: Death): Promise<void> {
  await run.catch((error: unknown) => {
    if (death.isDead || !death.hasCome || !(error instanceof AppError)) throw error;
  });
}
