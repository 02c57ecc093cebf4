import { shortText } from '@touchstone/contracts';
import type { JobEvent } from '@touchstone/contracts/http/jobs';
import type { Job } from './job.js';
import { webhookHeaders, webhookSecretOf } from './webhook.js';

/** Webhooks that one run of a gateway delivers, all at the same time. */
export const CALLBACKS_AT_ONCE_MAX = 16;

/** Milliseconds that an attempt is held, before another gateway may make it. */
export const CALLBACK_LEASE_MS = 60_000;

/** Milliseconds before the second attempt; the pause is three times as long after each, up to the last one. */
export const CALLBACK_PAUSE_FIRST_MS = 5_000;
export const CALLBACK_PAUSE_LAST_MS = 21_600_000;

/** Milliseconds after the end of a job for which its webhook is tried. */
export const CALLBACK_TRIES_MAX_MS = 86_400_000;

/** Most characters of the reason of a failed attempt. */
export const CALLBACK_FAILURE_CHARACTERS_MAX = 256;

/** What became of one attempt. */
export type CallbackResult =
  | { readonly outcome: 'delivered' }
  /** `refused`: the address may not be called; `gone`: its owner wants no more. Neither is tried again. */
  | { readonly outcome: 'failed' | 'refused' | 'gone'; readonly failure: string };

/** Posts to addresses that strangers named. */
export interface WebhookSender {
  /** Never throws, and never follows a redirect. */
  post(url: string, headers: Readonly<Record<string, string>>, body: string): Promise<CallbackResult>;
}

/** A webhook whose time has come. */
export interface DueCallback {
  readonly job: Job;
  readonly url: string;
  /** Attempts before this one. */
  readonly attempts: number;
}

/** Keeps what became of webhooks, beside the jobs. */
export interface CallbackStore {
  /** Takes webhooks that are due, the longest due first; each goes to one of several that ask at once. */
  claimCallbacks(nowMs: number, untilMs: number, limit: number): Promise<readonly DueCallback[]>;
  /** Ends one attempt, of the status that was posted. @param nextAtMs when it is tried again; undefined for never */
  endCallback(callback: DueCallback, result: CallbackResult, nextAtMs: number | undefined): Promise<void>;
}

/** What {@link DeliverCallbacks} needs. */
export interface DeliverCallbacksParts {
  readonly store: CallbackStore;
  readonly sender: WebhookSender;
  /** The operator's secret. */
  readonly secret: string;
  /** The text of a job, as it is read. */
  readonly show: (job: Job) => string;
  readonly nowMs: () => number;
  readonly onResult: (outcome: CallbackResult['outcome'] | 'given-up') => void;
}

/** Delivers webhooks of jobs that ended, at least once each. */
export class DeliverCallbacks {
  constructor(private readonly parts: DeliverCallbacksParts) {}

  /** One run. @returns 0 when there may be more */
  async run(): Promise<number | undefined> {
    const { store, nowMs } = this.parts;
    const due = await store.claimCallbacks(nowMs(), nowMs() + CALLBACK_LEASE_MS, CALLBACKS_AT_ONCE_MAX);
    await Promise.all(due.map((callback) => this.deliver(callback)));
    return due.length === CALLBACKS_AT_ONCE_MAX ? 0 : undefined;
  }

  private async deliver(callback: DueCallback): Promise<void> {
    const { store, sender, secret, show, nowMs, onResult } = this.parts;
    const { job, url, attempts } = callback;
    const message = messageOf(job, show);
    const headers = webhookHeaders(message, webhookSecretOf(secret, job.id), nowMs());
    const result = await sender.post(url, headers, message.body);
    const nextAtMs = nextAttempt(job, result, attempts, nowMs());
    const told =
      result.outcome === 'delivered'
        ? result
        : { ...result, failure: shortText(result.failure, CALLBACK_FAILURE_CHARACTERS_MAX) };
    await store.endCallback(callback, told, nextAtMs);
    onResult(result.outcome === 'failed' && nextAtMs === undefined ? 'given-up' : result.outcome);
  }
}

function nextAttempt(
  job: Job,
  { outcome }: CallbackResult,
  attempts: number,
  nowMs: number,
): number | undefined {
  if (outcome !== 'failed') return undefined;
  const nextMs =
    nowMs + Math.min(CALLBACK_PAUSE_LAST_MS, CALLBACK_PAUSE_FIRST_MS * 3 ** Math.min(attempts, 20));
  return nextMs - (job.endedAtMs ?? nowMs) <= CALLBACK_TRIES_MAX_MS ? nextMs : undefined;
}

/** The message of a job; its id is the same for every attempt, and another one should the job end another way. */
function messageOf(job: Job, show: (job: Job) => string): { id: string; body: string } {
  const type = `job.${job.status}` as JobEvent['type'];
  const timestamp = new Date(job.endedAtMs ?? job.createdAtMs).toISOString();
  const head = JSON.stringify({ type, timestamp });
  return {
    id: `msg_${job.id.replaceAll('-', '')}_${job.status}`,
    body: `${head.slice(0, -1)},"data":${show(job)}}`,
  };
}
