import { AppError } from '@touchstone/contracts';
import { nodeUnavailable, reasonOf, type EvmNode } from '@touchstone/evm';
import { BaseError, HttpRequestError, RpcRequestError, type Hex } from 'viem';
import type { PaymentKey } from '../../domain/payment.js';
import { authorizationTopics } from './authorization-logs.js';

/** Blocks that one `eth_getLogs` spans at first; a node that refuses them is asked for fewer. */
export const LOG_RANGE_BLOCKS_MAX = 2_000n;
/** Blocks before the reservation that are searched too, because a node behind a balancer may lag. */
export const LOG_MARGIN_BLOCKS = 16n;
/** Requests of one search; it goes on where it ended when it is asked for again. */
export const LOG_REQUESTS_MAX = 64;
/** Milliseconds after which a node that refused a range is asked once for twice the blocks that it answers. */
export const LOG_WIDEN_AFTER_MS = 60_000;
/** Searches of which the searched blocks are remembered; the oldest begins at its first block again. */
export const SEARCHES_REMEMBERED_MAX = 1_000;

/** Codes that say nothing about the range: the node does not have the method at all. */
const WITHOUT_METHOD: ReadonlySet<number> = new Set([-32_601, -32_004]);
/** HTTP answers with which providers refuse a range, where they do not answer in JSON. */
const REFUSING_STATUS: ReadonlySet<number> = new Set([400, 413, 422]);
/** Words by which providers say that the caller asks too often: fewer blocks would be more questions. */
const TOO_OFTEN = /rate.?limit|too many requests|compute units|throughput|capacity|per second/i;

/** A log of `eth_getLogs` as JSON-RPC gives it. */
export interface RawLog {
  readonly topics: readonly Hex[];
  readonly transactionHash: Hex;
  readonly blockNumber: Hex;
}

/** What is searched for, and the first block that can hold it. */
export type Searched = PaymentKey & { readonly fromBlock: bigint };

/** The node answered with an error that fewer blocks may cure: providers word this in any way they like. */
function mayBeTheRange(error: unknown): boolean {
  if (!(error instanceof BaseError) || TOO_OFTEN.test(reasonOf(error))) return false;
  const rpc = error.walk((cause) => cause instanceof RpcRequestError) as RpcRequestError | null;
  if (rpc !== null) return !WITHOUT_METHOD.has(rpc.code);
  const http = error.walk((cause) => cause instanceof HttpRequestError) as HttpRequestError | null;
  return http?.status !== undefined && REFUSING_STATUS.has(http.status);
}

/**
 * Finds the use or the cancellation of an authorisation in the logs of one node, whatever range that node takes. What
 * a provider says about a range is not trusted (some repeat the range that they refused): the range is halved until
 * it is answered, that width is remembered, and a wider one is tried from time to time.
 */
export class AuthorizationSearch {
  private width = LOG_RANGE_BLOCKS_MAX;
  private widenAtMs = 0;
  /** The first block that is not known to be without the log, for searches that went through final blocks. */
  private readonly searched = new Map<string, bigint>();

  constructor(
    private readonly node: EvmNode,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** Blocks of one question that the node answers. */
  get rangeBlocks(): number {
    return Number(this.width);
  }

  /**
   * The first log of an authorisation up to the newest block.
   *
   * @param final newest block that no reorganisation changes; what was searched below is not searched again
   * @throws AppError `dependency-unavailable` when the node does not answer, or not within {@link LOG_REQUESTS_MAX}
   */
  async find(searched: Searched, latest: bigint, final: bigint): Promise<RawLog | undefined> {
    const key = keyOf(searched);
    let from = this.searched.get(key) ?? firstBlock(searched);
    const budget = { requests: LOG_REQUESTS_MAX };
    while (from <= latest) {
      const { logs, to } = await this.ask(searched, from, latest, budget);
      if (logs[0] !== undefined) return logs[0];
      from = to + 1n;
      this.remember(key, from, final);
    }
    return undefined;
  }

  /** Begins at the first block again: the log exists and was not found. */
  forget(searched: Searched): void {
    this.searched.delete(keyOf(searched));
  }

  /** Asks from one block on for as many as the node answers. */
  private async ask(
    searched: Searched,
    from: bigint,
    latest: bigint,
    budget: { requests: number },
  ): Promise<{ readonly logs: readonly RawLog[]; readonly to: bigint }> {
    let width = this.widthToTry();
    for (;;) {
      if (budget.requests === 0)
        throw new AppError(
          'dependency-unavailable',
          `The node answers ${this.width} blocks of logs at a time; the search goes on at block ${from}.`,
          { retryAfterSeconds: 2 },
        );
      budget.requests -= 1;
      const to = from + width - 1n < latest ? from + width - 1n : latest;
      const blocks = to - from + 1n;
      try {
        const logs = await this.request(searched, from, to);
        this.answered(blocks, width);
        return { logs, to };
      } catch (error) {
        // A single block is no wide range: whatever it is, the width is not to blame and stays what it was.
        if (!mayBeTheRange(error) || blocks === 1n) throw nodeUnavailable(error);
        width = blocks / 2n;
      }
    }
  }

  private request(searched: Searched, from: bigint, to: bigint): Promise<readonly RawLog[]> {
    return this.node.client.request({
      method: 'eth_getLogs',
      params: [
        {
          address: searched.asset as Hex,
          topics: authorizationTopics(searched),
          fromBlock: `0x${from.toString(16)}`,
          toBlock: `0x${to.toString(16)}`,
        },
      ],
    }) as Promise<readonly RawLog[]>;
  }

  /** The width that works, or twice as much when it is time to try. */
  private widthToTry(): bigint {
    if (this.width >= LOG_RANGE_BLOCKS_MAX || this.nowMs() < this.widenAtMs) return this.width;
    this.widenAtMs = this.nowMs() + LOG_WIDEN_AFTER_MS;
    const twice = this.width * 2n;
    return twice < LOG_RANGE_BLOCKS_MAX ? twice : LOG_RANGE_BLOCKS_MAX;
  }

  /** Fewer blocks than the width say something only when more were refused before. */
  private answered(blocks: bigint, width: bigint): void {
    if (width < this.width) {
      this.width = width;
      this.widenAtMs = this.nowMs() + LOG_WIDEN_AFTER_MS;
    } else if (blocks > this.width) this.width = width;
  }

  private remember(key: string, from: bigint, final: bigint): void {
    const safe = from - 1n < final - LOG_MARGIN_BLOCKS ? from : final - LOG_MARGIN_BLOCKS + 1n;
    if (safe <= (this.searched.get(key) ?? 0n)) return;
    this.searched.delete(key);
    this.searched.set(key, safe);
    const [oldest] = this.searched.keys();
    if (this.searched.size > SEARCHES_REMEMBERED_MAX && oldest !== undefined) this.searched.delete(oldest);
  }
}

function firstBlock({ fromBlock }: Searched): bigint {
  return fromBlock > LOG_MARGIN_BLOCKS ? fromBlock - LOG_MARGIN_BLOCKS : 0n;
}

function keyOf({ network, asset, payer, nonce }: Searched): string {
  return `${network} ${asset} ${payer} ${nonce}`;
}
