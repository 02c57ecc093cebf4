import { newApiKey, type ApiKeyRequest, type NewApiKey } from '@touchstone/contracts/http/developers';
import { modelDetail, type ModelDetail } from '@touchstone/contracts/http/inference-gateway';
import type { SubmissionState } from '@touchstone/contracts/http/submission-states';
import {
  submissionAnswer,
  submissionPage,
  submissionTerms,
  type SubmissionAnswer,
  type SubmissionSummary,
  type SubmissionTerms,
} from '@touchstone/contracts/http/market';
import { ShownFile } from '../terminal/shown-file.js';
import { operatorTokenOf } from '../set-up/set-up-api.js';
import { baseUrl, fetchJson, requireStack, urlOf } from '../stack/running-stack.js';

/** Milliseconds that a submission may take, its file included. */
const SUBMIT_TIMEOUT_MS = 900_000;
const SUBMISSIONS_PER_REQUEST = 100;

/** Which gateway is meant. */
export interface MarketOptions {
  readonly url?: string;
  readonly state: string;
}

/** The gateway that is named, or that of the running stack. */
export function gatewayUrl({ url, state }: MarketOptions): string {
  return url === undefined ? urlOf(requireStack(state), 'inference-gateway') : baseUrl(url);
}

/** What a developer agrees to. @throws CommandError `io` where no submissions are taken */
export function readTerms(options: MarketOptions): Promise<SubmissionTerms> {
  return fetchJson(`${gatewayUrl(options)}/v1/submissions/terms`, submissionTerms);
}

/** Sends a signed form, in the order of its parts. @throws CommandError `io` with what was refused */
export function postSubmission(
  options: MarketOptions,
  parts: readonly (readonly [name: string, content: Uint8Array | string | Blob])[],
): Promise<SubmissionAnswer> {
  const form = new FormData();
  for (const [name, content] of parts)
    form.append(
      name,
      content instanceof Blob
        ? new ShownFile(content, name)
        : new File([content as Uint8Array<ArrayBuffer>], name),
    );
  const url = `${gatewayUrl(options)}/v1/submissions`;
  return fetchJson(url, submissionAnswer, { method: 'POST', body: form }, SUBMIT_TIMEOUT_MS);
}

/** Asks for an API key. @throws CommandError `io` */
export function postKeyRequest(options: MarketOptions, request: ApiKeyRequest): Promise<NewApiKey> {
  return fetchJson(`${gatewayUrl(options)}/v1/developers/keys`, newApiKey, sending(request));
}

/** All submissions, as the operator. */
export async function listSubmissions(
  options: MarketOptions,
  state?: SubmissionState,
): Promise<SubmissionSummary[]> {
  const found: SubmissionSummary[] = [];
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ limit: String(SUBMISSIONS_PER_REQUEST) });
    if (state !== undefined) query.set('state', state);
    if (cursor !== null) query.set('cursor', cursor);
    const url = `${gatewayUrl(options)}/v1/submissions?${query.toString()}`;
    const page = await fetchJson(url, submissionPage, { headers: authorization(options) });
    found.push(...page.submissions);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return found;
}

/** One submission, as the operator. */
export function showSubmission(options: MarketOptions, id: string): Promise<SubmissionAnswer> {
  return fetchJson(submissionUrl(options, id), submissionAnswer, { headers: authorization(options) });
}

/** Approves or rejects a submission, as the operator. */
export function reviewSubmission(
  options: MarketOptions,
  id: string,
  decision: 'approve' | 'reject',
  reason: string | undefined,
): Promise<SubmissionAnswer> {
  const body = reason === undefined ? {} : { reason };
  const url = `${submissionUrl(options, id)}/${decision}`;
  return fetchJson(url, submissionAnswer, sending(body, authorization(options)));
}

/** Suspends or resumes a model, as the operator. */
export function changeModel(
  options: MarketOptions,
  id: string,
  change: 'suspend' | 'resume',
  reason: string,
): Promise<ModelDetail> {
  const url = `${gatewayUrl(options)}/v1/models/${encodeURIComponent(id)}/${change}`;
  return fetchJson(url, modelDetail, sending({ reason }, authorization(options)));
}

const submissionUrl = (options: MarketOptions, id: string): string =>
  `${gatewayUrl(options)}/v1/submissions/${encodeURIComponent(id)}`;

const authorization = (options: MarketOptions): Record<string, string> => ({
  authorization: `Bearer ${operatorTokenOf(options)}`,
});

const sending = (body: object, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  headers: { ...headers, 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
