import { AppError } from '@touchstone/contracts';
import type { Reply } from '../../../inference-gateway/src/domain/payment/reply.js';
import type { Attempt, Step, Work } from './history.js';
import { modelOf, OWN_VALUE, PRICE } from './model.js';
import { PaymentWorld, type Means } from './payment-world.js';
import type { Process } from './process.js';

/** Longest that questions follow from one another in one step. */
const ROUNDS_MAX = 8;
/** The values of the requests: that of the payment, and another one. */
export const VALUES = { own: OWN_VALUE, other: 2 } as const;

/** All microtasks are done when this one is: nothing in a history waits for anything else. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** One history: what happened, and what was said while it happened. */
export class HistoryRun {
  readonly world: PaymentWorld;
  private readonly stopped: Process[] = [];
  private readonly gateways = new Set<Process>();
  /** Somebody whose payment had verified was told for good that nothing was charged. */
  private isPromisedFree = false;
  private answer: string | undefined;
  /** A gateway was paused with the payment-verifier's word in its hands, which may be out of date when it goes on. */
  private isWordStale = false;
  private readonly failures: unknown[] = [];

  constructor(means: Means) {
    this.world = new PaymentWorld(means);
  }

  /** All processes that stopped are dead, and all parts are well. */
  mend(): void {
    this.stopped.length = 0;
    const { chain } = this.world;
    Object.assign(this.world, { runFails: false, meanwhile: undefined });
    Object.assign(chain, {
      isNodeUp: true,
      isFunded: true,
      hasGas: true,
      isMining: true,
      losesCommit: false,
    });
    chain.mine();
  }

  async apply(step: Step): Promise<void> {
    const { world } = this;
    const { chain } = world;
    // No two things happen at the same time.
    world.nowMs += 1;
    switch (step.do) {
      case 'attempt':
        return this.attempt(step);
      case 'recover':
      case 'sweep':
        return this.work(step);
      case 'deliver':
        return world.deliver();
      case 'pass-time':
        world.nowMs += step.ms;
        return;
      case 'reorganise':
        return chain.reorganise(step.depth, step.forgets);
      case 'third-party':
        return chain.transferByOther();
      case 'mine':
        return chain.mine();
      case 'congest':
      case 'clear':
        chain.isMining = step.do === 'clear';
        return;
      case 'node-away':
      case 'node-back':
        chain.isNodeUp = step.do === 'node-back';
        return;
      case 'empty-purse':
      case 'fill-purse':
        chain.isFunded = step.do === 'fill-purse';
        return;
      case 'mine-while-empty':
        chain.isFunded = false;
        chain.mine();
        chain.isFunded = true;
        return;
      case 'no-gas':
      case 'gas':
        chain.hasGas = step.do === 'gas';
        return;
      case 'lose-commit':
        chain.losesCommit = true;
        return;
      case 'retire':
      case 'activate':
        world.isActive = step.do === 'activate';
        return;
      case 'replace':
      case 'put-back':
        world.model = modelOf(step.do === 'replace' ? 2 : 1, world.model.manifest.priceAtomic);
        return;
      case 'change-price':
      case 'price-back':
        world.model = {
          ...world.model,
          manifest: { ...world.model.manifest, priceAtomic: step.do === 'price-back' ? PRICE : '777' },
        };
        return;
      case 'wake':
        for (const process of this.stopped.splice(0)) {
          this.isWordStale ||= this.gateways.has(process);
          process.wake();
        }
        return this.quiet();
      case 'kill':
        this.stopped.length = 0;
    }
  }

  /** What has to hold after every step. */
  check(): void {
    const { world } = this;
    for (const failure of this.failures.splice(0)) throw failure;
    must(world.chain.signed.length <= 1, 'a second transaction');
    must(!world.isUnsentFalse, 'sent, and the payment-verifier said that it was not');
    must(!world.isFreeFalse, 'charged, and the payment-verifier said that it was not');
    must(!(this.isPromisedFree && world.chain.isPaid), 'charged after "nothing was charged"');
    for (const { verification } of world.verifications.rows.values())
      must(verification.state !== 'settled' || world.chain.everPaid, 'settled without a transfer');
    must(world.heldCount <= 1, 'a payment that two requests hold');
    const ids = world.verifications.recorded;
    must(new Set(ids).size === ids.length, 'an answer recorded twice');
  }

  private async attempt(step: Attempt): Promise<void> {
    const { world } = this;
    world.fates = { authorize: step.authorize, settle: step.settle };
    world.runFails = step.runFails;
    const { meanwhile } = step;
    world.meanwhile = meanwhile && (() => void this.apply({ do: meanwhile }));
    if (step.gatewayFuse !== undefined) world.gateway.stopAfter(step.gatewayFuse);
    if (step.verifierFuse !== undefined) world.verifier.stopAfter(step.verifierFuse);
    for (let copy = 0; copy < step.copies; copy += 1) this.start(VALUES[step.body], step.forged);
    await this.quiet();
    Object.assign(world, { runFails: false, meanwhile: undefined });
    this.replaceStopped(step.gatewayFuse, step.verifierFuse);
  }

  private async work({ do: which, fuse, settle }: Work): Promise<void> {
    const { world } = this;
    world.fates = { settle };
    const process = which === 'recover' ? world.verifier : world.gateway;
    if (fuse !== undefined) process.stopAfter(fuse);
    const run = which === 'recover' ? world.recover() : world.sweep();
    run.catch((error: unknown) => {
      if (!(error instanceof AppError)) this.failures.push(error);
    });
    await this.quiet();
    this.replaceStopped(which === 'sweep' ? fuse : undefined, which === 'recover' ? fuse : undefined);
  }

  /** A process with a fuse goes, burnt or not; the next step meets a new one. */
  private replaceStopped(gatewayFuse: number | undefined, verifierFuse: number | undefined): void {
    const { world } = this;
    for (const [which, fuse] of [
      ['gateway', gatewayFuse],
      ['verifier', verifierFuse],
    ] as const) {
      if (fuse === undefined) continue;
      if (world[which].isStopped) this.stopped.push(world[which]);
      if (which === 'gateway') this.gateways.add(world.gateway);
      world.renew(which);
    }
  }

  /** Lets everything go as far as it goes; whoever waits for a process that stopped gives up. */
  private async quiet(): Promise<void> {
    for (let round = 0; round < ROUNDS_MAX; round += 1) {
      await settled();
      if (!this.world.giveUpWaiting()) return;
    }
  }

  private start(value: number, forged: boolean): void {
    this.world.infer(value, forged).then(
      (reply) => this.judge(() => this.told(reply, forged)),
      (error: unknown) => this.judge(() => this.refused(error, forged, value)),
    );
  }

  /** Asks once with all parts as they are, and tells what was heard. */
  async ask(value: number, forged: boolean): Promise<Reply | AppError | undefined> {
    let heard: Reply | AppError | undefined;
    this.world.fates = {};
    this.world.infer(value, forged).then(
      (reply) => {
        heard = reply;
        this.judge(() => this.told(reply, forged));
      },
      (error: unknown) => {
        heard = error as AppError;
        this.judge(() => this.refused(error, forged, value));
      },
    );
    await this.quiet();
    this.check();
    return heard;
  }

  private judge(look: () => void): void {
    try {
      look();
    } catch (failure) {
      this.failures.push(failure);
    }
  }

  private told(reply: Reply, forged: boolean): void {
    const { chain } = this.world;
    must(!forged, 'an answer for a payment that nobody signed');
    if (reply.kind === 'pending') return this.heard(reply.message);
    must(chain.everPaid, 'an answer without a transfer');
    const body = new TextDecoder().decode(reply.body);
    this.answer ??= body;
    must(body === this.answer, 'two answers for one payment');
  }

  private refused(error: unknown, forged: boolean, value: number): void {
    if (!(error instanceof AppError)) throw error;
    // What is said about a payment that nobody signed is not about the money of the one whose nonce it bears.
    if (forged) return;
    this.heard(error.message);
    if (this.isWordStale) return;
    // Only what can be charged no more, or was never taken, is answered so that a client pays anew.
    must(!(error.status === 402 && this.isPaidBy(value)), `a paid request told to pay: ${error.message}`);
  }

  private heard(message: string): void {
    const { chain, reservation } = this.world;
    // The payment-verifier's own word is checked in the moment in which it is given.
    if (this.isWordStale) return;
    must(
      !message.includes('nothing was sent') || chain.signed.length === 0,
      'sent, and told that it was not',
    );
    if (!message.includes('nothing was charged')) return;
    must(!chain.isPaid, `charged, and told: ${message}`);
    // What was never taken here was told to nobody; whoever else holds it may still send it.
    if (reservation !== undefined) this.isPromisedFree = true;
  }

  /**
   * The payment of this very request is charged. At another price than the one it was paid for a payment without a
   * stored answer does not fit any more; the old price has to be put back.
   */
  private isPaidBy(value: number): boolean {
    const { reservation, chain, model } = this.world;
    const digest = this.world.digestOf(model.manifest.version === '1' ? 1 : 2, value);
    const isHere = reservation?.requestDigest === digest && model.manifest.priceAtomic === PRICE;
    return isHere && chain.isPaid;
  }
}

/** A plain check: an assertion of the test framework costs more than the whole history. */
export function must(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(`It must not be: ${otherwise}.`);
}
