import { AppError } from '@touchstone/contracts';
import { reasons } from '../../../payment-verifier/src/domain/reasons.js';
import { OTHER_REQUESTS_MAX } from '../../../payment-verifier/src/domain/reservation.js';
import { must, VALUES, type HistoryRun } from './history-run.js';
import { modelOf, PRICE } from './model.js';
import { FINAL_DEPTH } from './simulated-chain.js';

/** Requests in which a paid payment has to get its answer when all parts are well. */
const TRIES_MAX = 6;

/** What has to come true when the world of a history is left alone. */
export class Ending {
  constructor(private readonly run: HistoryRun) {}

  /** All parts are back, and nobody asks: what is owed is paid, or can be paid no more. */
  async leaveAlone(thirdPartyAtTheEnd: boolean): Promise<void> {
    this.run.mend();
    if (thirdPartyAtTheEnd) await this.run.apply({ do: 'third-party' });
    this.run.check();
    for (let round = 0; round < 6; round += 1) await this.calmRound(6_000);
    const { chain, verifications, reservation } = this.run.world;
    // The relayer pays gas for one attempt, and what a reorganisation undid is told to the operator.
    const isGivenUp = reservation?.reason === reasons.transactionFailed || chain.everPaid;
    must(
      verifications.rows.size === 0 || chain.isPaid || chain.isOver || isGivenUp,
      'an answer that nobody settles',
    );
    if (this.run.world.means === 'transfer' && chain.isPaid) await this.claim();
    if (this.run.world.reservation !== undefined && chain.isPaid) await this.collect();
    await this.endOfTime();
  }

  /** Whoever made a transfer that nobody took yet gets his answer for it, with a claim that is good. */
  private async claim(): Promise<void> {
    const { world } = this.run;
    world.claimedUntilMs = world.nowMs + 3_600_000;
    if (world.reservation !== undefined) return;
    Object.assign(world, { isActive: true, model: modelOf(1, PRICE) });
    const reply = await this.run.ask(VALUES.own, false);
    const isAnswered = reply !== undefined && 'kind' in reply && reply.kind === 'answered';
    must(isAnswered, `a transfer without its answer: ${reply instanceof AppError ? reply.message : ''}`);
  }

  /**
   * Whoever paid gets his answer by the same request, unless others guessed at it after it was given out: a stored one
   * whatever became of the model, one that has to be made when the model of that time can run.
   */
  private async collect(): Promise<void> {
    const { world } = this.run;
    let last = '';
    for (let attempt = 0; attempt < TRIES_MAX; attempt += 1) {
      const [stored] = world.verifications.rows.values();
      for (const version of [1, 2] as const) {
        for (const body of ['own', 'other'] as const) {
          // Others than the one that the payment belongs to would only be counted.
          if (world.digestOf(version, VALUES[body]) !== world.reservation?.requestDigest) continue;
          world.isActive = stored === undefined;
          world.model =
            stored === undefined ? modelOf(version, PRICE) : modelOf(version === 1 ? 2 : 1, '777');
          const reply = await this.run.ask(VALUES[body], false);
          if (reply !== undefined && 'kind' in reply && reply.kind === 'answered') return;
          const isGuessedAt =
            world.reservation.otherRequests >= OTHER_REQUESTS_MAX && stored?.handedOut === true;
          if (isGuessedAt && reply instanceof AppError && reply.code === 'rate-limited') return;
          last = reply instanceof AppError ? reply.message : JSON.stringify(reply);
        }
      }
      await this.calmRound(11_000);
    }
    must(false, `a paid payment without its answer: ${last}`);
  }

  /** The authorisation is over at a final block: nothing stays open, and the record says what happened. */
  private async endOfTime(): Promise<void> {
    const { world } = this.run;
    world.nowMs += 200_000;
    for (let block = 0; block <= FINAL_DEPTH; block += 1) world.chain.mine();
    for (let round = 0; round < 3; round += 1) await this.calmRound(700_000);
    const { reservation, chain, verifications } = world;
    if (reservation !== undefined) {
      const { state, owedAtMs, reason } = reservation;
      must(state !== 'settling', 'a settlement that stays open');
      must(owedAtMs === null || state === 'settled' || state === 'failed', `owed for ever: ${state}`);
      must(state !== 'failed' || reason !== reasons.transactionFailed, 'never looked at again');
      must(state !== 'failed' || !chain.isPaid, 'failed and paid');
    }
    for (const { verification } of verifications.rows.values()) {
      must(verification.state !== 'executed', 'an answer that stays open');
      // What was given for a transfer that a final block dropped stays what it is, should another block take it up.
      const isSettled = reservation?.state === 'settled' && !world.isReversed;
      must((verification.state === 'settled') === isSettled, 'two records');
    }
  }

  private async calmRound(ms: number): Promise<void> {
    const calm = { fuse: undefined, settle: 'passes' } as const;
    this.run.world.nowMs += ms;
    for (const step of [
      { do: 'sweep', ...calm },
      { do: 'recover', ...calm },
      { do: 'deliver' },
      { do: 'mine' },
    ] as const) {
      await this.run.apply(step);
      this.run.check();
    }
  }
}
