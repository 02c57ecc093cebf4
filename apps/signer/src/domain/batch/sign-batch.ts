import { AppError, type RpcRequest, type RpcResponse, type SignedBatch } from '@touchstone/contracts';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import { noteHash, readBatchTime, signBatch } from '@touchstone/event-batch';
import type { KeyTimes } from '../current-key-set.js';
import type { EventBatchKey } from '../key-ring.js';
import type { AuditLog, BatchStore, EventStream, EventStreamState, NewBatch } from '../ports.js';
import { readBatch, type BatchContent } from './batch-content.js';
import type { BatchPolicy } from './batch-policy.js';

/** Milliseconds between two times of a stream: version 1 has whole seconds, and times rise strictly. */
const TICK_MS = { 'event-batch-v1': 1_000, 'event-batch-v2': 1 } as const;

/** What {@link BatchSigning} needs. */
export interface BatchSigningOptions {
  /** Left out where no seed is configured. */
  readonly key: EventBatchKey | undefined;
  readonly policy: BatchPolicy;
  readonly store: BatchStore;
  readonly audit: AuditLog;
  readonly nowMs: () => number;
  readonly newId: () => string;
  /** The first and the last moment that a batch may declare; milliseconds since 1970. */
  readonly keyTimes: (keyId: string) => Promise<KeyTimes>;
}

type Request = RpcRequest<'signer', 'sign-batch'>;
type Response = RpcResponse<'signer', 'sign-batch'>;

/** Signs batches of events, each tenant's in an order of their own (R-BATCH, protocol section 5). */
export class BatchSigning {
  constructor(private readonly options: BatchSigningOptions) {}

  /**
   * Signs a batch at the present time and announces it; the answer of a repeated request is that of the first.
   *
   * The times of a stream rise strictly. A batch may be dated one tick ahead of the clock, which of version 1 is a
   * second; the next one after that is told to come later.
   *
   * @throws AppError `forbidden`, `event-invalid`, `conflict` for an id that names other events, `rate-limited` for a batch too many in
   * a second, `signing-refused` without a key or outside its times
   */
  async sign(request: Request, caller: string): Promise<Response> {
    const { policy, store, newId } = this.options;
    const key = this.requireKey();
    const { tenant } = policy.allow(caller, request.format, request.events ? 'events' : 'leaves');
    const content = readBatch(request);
    const stream = { tenant, format: request.format };
    const batchId = request.batchId ?? newId();
    const times = await this.options.keyTimes(key.kid);
    try {
      const signed = await store.withStream(stream, batchId, async (state) =>
        state.same
          ? requireSame(state.same, stream, content)
          : this.signNew({ key, times, stream, content, batchId, caller }, state),
      );
      return answer(signed, content);
    } catch (error) {
      if (error instanceof AppError && error.code === 'signing-refused')
        await this.auditRefusal(error.message, key, content, caller);
      throw error;
    }
  }

  /** After the stream is free: an audit has a connection of its own, and those who wait for the stream may hold all others. */
  private async auditRefusal(
    reason: string,
    { kid }: EventBatchKey,
    { root }: BatchContent,
    caller: string,
  ): Promise<void> {
    const audited = { caller, operation: 'sign-batch', keyId: kid, digest: root } as const;
    await this.options.audit.append({ ...audited, result: 'refused', reason });
  }

  private async signNew(
    { key, times, stream, content, batchId, caller }: Asked,
    { last }: EventStreamState,
  ): Promise<NewBatch> {
    const { tenant, format } = stream;
    const atMs = this.nextTime(stream, last);
    let digest = new Uint8Array();
    const sign = (message: Uint8Array): Uint8Array => {
      digest = new Uint8Array(sha256(message));
      return key.signer.sign(message);
    };
    requireWithin(times, atMs, key.kid);
    const { kid, name, signer } = key;
    const { batch_ts: batchTs, signature } = await signBatch(
      { format, leafCount: content.leaves.length, root: content.root },
      {
        signer: { key: { ...keyFacts, kid, name, publicKey: signer.publicKey }, sign },
        atMs,
        batchId,
        tenant,
        ...(last && format === 'event-batch-v2' ? { previous: noteHash(last.signature) } : {}),
      },
    );
    const { leaves, events } = content;
    return {
      batch: {
        ...{ batchId, evidenceId: this.options.newId(), tenant, format, batchTs, kid },
        leafCount: leaves.length,
        ...{ root: bytesToHex(content.root), signature, leaves: [...leaves] },
        events: events && events.map(({ value }) => value),
        signedAt: new Date(this.options.nowMs()).toISOString(),
      },
      audit: { caller, operation: 'sign-batch', keyId: kid, digest, result: 'signed', reason: null },
    };
  }

  private nextTime({ format }: EventStream, last: SignedBatch | undefined): number {
    const nowMs = this.options.nowMs();
    const tickMs = TICK_MS[format];
    const lastMs = last && readBatchTime(format, last.batchTs);
    const atMs = Math.max(Math.floor(nowMs / tickMs) * tickMs, (lastMs ?? 0) + tickMs);
    const aheadMs = atMs - nowMs;
    if (aheadMs <= tickMs) return atMs;
    const retryAfterSeconds = Math.ceil((aheadMs - tickMs) / 1_000);
    throw new AppError(
      'rate-limited',
      `The last batch is dated ${last?.batchTs}, and times of ${format} rise by ${tickMs} ms at least: come again in ${retryAfterSeconds} s.`,
      { retryAfterSeconds },
    );
  }

  private requireKey(): EventBatchKey {
    const { key } = this.options;
    if (!key)
      throw new AppError(
        'signing-refused',
        'This signer has no key for batches of events: set ORACLE_ED25519_SEED to 64 hex digits.',
      );
    return key;
  }
}

interface Asked {
  readonly key: EventBatchKey;
  readonly times: KeyTimes;
  readonly stream: EventStream;
  readonly content: BatchContent;
  readonly batchId: string;
  readonly caller: string;
}

/** What a signature does not depend on; the times are checked beforehand. */
const keyFacts = {
  alg: 'Ed25519',
  use: 'event-batch',
  status: 'active',
  notBefore: 0,
  notAfter: Number.MAX_SAFE_INTEGER,
} as const;

/** @throws AppError `signing-refused` */
function requireWithin({ startMs, endMs }: KeyTimes, atMs: number, kid: string): void {
  if (atMs < startMs)
    throw new AppError('signing-refused', `Key ${kid} was published after the time of the batch.`);
  if (atMs > endMs)
    throw new AppError(
      'signing-refused',
      `Key ${kid} was replaced and has ended; another signer holds the key that signs now.`,
    );
}

function requireSame(same: SignedBatch, { tenant, format }: EventStream, content: BatchContent): SignedBatch {
  const isSame =
    same.tenant === tenant &&
    same.format === format &&
    same.root === bytesToHex(content.root) &&
    same.leafCount === content.leaves.length;
  if (isSame) return same;
  throw new AppError('conflict', `The batch ${same.batchId} was signed with other events.`);
}

function answer(signed: SignedBatch, { events, guessable }: BatchContent): Response {
  const { leafCount } = signed;
  const detail = `${guessable} of ${leafCount} events have no salt of 22 characters or more: who guesses one sees that the guess is right.`;
  return {
    ...signed,
    events: events && events.map(({ id, leaf }) => ({ id, leaf })),
    warnings: guessable > 0 ? [{ code: 'leaf-guessable', detail }] : [],
  };
}
