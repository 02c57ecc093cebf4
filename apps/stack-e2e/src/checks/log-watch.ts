import { checkpointAnswer } from '@touchstone/contracts/http/anchor-worker';
import { consistencyAnswer } from '@touchstone/contracts/http/proof-service';
import { readerOf } from '@touchstone/contracts/http/reader-of';
import { keySetAnswer } from '@touchstone/contracts/http/signer';
import { bytesToHex, hexToBytes } from '@touchstone/crypto';
import { openWithKeys } from '@touchstone/evidence';
import { verifyConsistency } from '@touchstone/merkle';
import { eventually, pause } from '../pause.js';
import type { FaultyStack } from '../stack/faulty-stack.js';
import type { Check } from './finding.js';

const POLL_MS = 200;
const REQUEST_TIMEOUT_MS = 2_000;
const PROOF_TIMEOUT_MS = 60_000;

interface SeenHead {
  readonly size: bigint;
  readonly root: Uint8Array;
}

/**
 * Watches the log during the whole run from outside: every checkpoint is signed by the key that was the log's at the
 * beginning, no source ever goes back, no size has two roots, and each is the beginning of the next.
 */
export class LogWatch {
  private readonly heads = new Map<bigint, SeenHead>();
  private readonly newest = new Map<string, bigint>();
  private readonly faults: string[] = [];
  private polls = 0;
  private running: Promise<void> | undefined;
  private stopped = false;

  private constructor(
    private readonly stack: FaultyStack,
    private readonly vkey: string,
  ) {}

  /** Reads the log's key and begins. */
  static async start(stack: FaultyStack): Promise<LogWatch> {
    const response = await fetch(`${stack.urlOf('signer')}/v1/key-set`);
    const watch = new LogWatch(stack, readerOf(keySetAnswer).parse(await response.json()).log.vkey);
    watch.running = watch.poll();
    return watch;
  }

  /** Ends the watch and proves what was seen. */
  async finish(): Promise<Check[]> {
    this.stopped = true;
    await this.running;
    const seen = [...this.heads.values()].sort((left, right) => (left.size < right.size ? -1 : 1));
    // One time for all: a copy that stands still would be waited for as often as there are checkpoints.
    const untilMs = performance.now() + PROOF_TIMEOUT_MS;
    for (let place = 1; place < seen.length; place++)
      await this.prove(seen[place - 1] as SeenHead, seen[place] as SeenHead, untilMs - performance.now());
    const isSound = this.faults.length === 0 && seen.length > 0;
    return [
      {
        name: 'the log never went back',
        holds: isSound,
        detail: isSound
          ? `${seen.length} checkpoints seen in ${this.polls} looks, each proven to begin the next`
          : this.faults.join('; ') || 'no checkpoint was seen',
      },
    ];
  }

  /** The largest checkpoint that was seen. */
  largest(): SeenHead | undefined {
    return [...this.heads.values()].reduce<SeenHead | undefined>(
      (most, next) => (most === undefined || next.size > most.size ? next : most),
      undefined,
    );
  }

  private async poll(): Promise<void> {
    const sources = {
      'proof-service': async () => (await this.get(`${this.stack.urlOf('proof-service')}/checkpoint`)).text(),
      'anchor-worker': async () =>
        readerOf(checkpointAnswer).parse(
          await (await this.get(`${this.stack.urlOf('anchor-worker')}/v1/checkpoints/latest`)).json(),
        ).note,
    };
    while (!this.stopped) {
      for (const [source, read] of Object.entries(sources)) {
        // A service that is away is a fault of the run, not of the log.
        const note = await read().catch(() => undefined);
        if (note !== undefined) this.see(source, note);
      }
      await pause(POLL_MS);
    }
  }

  private async get(url: string): Promise<Response> {
    const response = await fetch(url, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
    if (response.status !== 200) throw new Error(`${url} answered ${response.status}`);
    return response;
  }

  private see(source: string, note: string): void {
    this.polls += 1;
    const opened = openWithKeys(note, this.vkey, []);
    if (!opened.ok) {
      this.faults.push(`${source} showed a checkpoint that is not signed by the log (${opened.reason})`);
      return;
    }
    const { size, root } = opened.checkpoint;
    const before = this.newest.get(source);
    if (before !== undefined && size < before)
      this.faults.push(`${source} went back from size ${before} to ${size}`);
    this.newest.set(source, size);
    const known = this.heads.get(size);
    if (known !== undefined && bytesToHex(known.root) !== bytesToHex(root))
      this.faults.push(`size ${size} has two roots`);
    this.heads.set(size, { size, root });
  }

  private async prove(from: SeenHead, to: SeenHead, waitMs: number): Promise<void> {
    const url = `${this.stack.urlOf('proof-service')}/v1/log/consistency?from=${from.size}&to=${to.size}`;
    try {
      const { proof } = await eventually(
        `a consistency proof from ${from.size}`,
        Math.max(0, waitMs),
        async () => readerOf(consistencyAnswer).parse(await (await this.get(url)).json()),
      );
      const verified = verifyConsistency({
        size1: from.size,
        size2: to.size,
        root1: from.root,
        root2: to.root,
        proof: proof.map((hash) => hexToBytes(hash, 32) ?? new Uint8Array()),
      });
      if (!verified.ok)
        this.faults.push(`size ${from.size} does not begin size ${to.size} (${verified.reason})`);
    } catch (error) {
      this.faults.push(error instanceof Error ? error.message : String(error));
    }
  }
}
