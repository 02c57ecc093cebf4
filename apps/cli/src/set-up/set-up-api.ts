import {
  announcedSetUp,
  contributionAnswer,
  SET_UP_KEY_BYTES_MAX,
  setUpAnswer,
  setUpPage,
  type AnnouncedSetUp,
  type ContributionAnswer,
  type SentSetUpManifest,
  type SetUpAnswer,
  type SetUpFile,
} from '@touchstone/contracts/http/set-ups';
import { uuidV7 } from '@touchstone/contracts';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import { CommandError, exitCodes } from '../exit-codes.js';
import { readSecret } from '../stack/read-secret.js';
import {
  baseUrl,
  describeProblem,
  fetchJson,
  readAnswer,
  requireStack,
  urlOf,
  withinTime,
} from '../stack/running-stack.js';

/** Milliseconds that the gateway may take to judge a key. */
const JUDGED_WITHIN_MS = 900_000;
const SET_UPS_PER_REQUEST = 100;
const CONFLICT = 409;
const SERVER_ERROR = 500;
/** The model of a set-up is the largest of its files. */
const FILE_BYTES_MAX = 67_108_864;

/** Options that say which gateway is meant. */
export interface SetUpOptions {
  readonly url?: string;
  readonly state: string;
}

/** Where set-ups are: at the gateway that is named, or that of the running stack. */
export function setUpsUrl({ url, state }: SetUpOptions): string {
  const gateway = url === undefined ? urlOf(requireStack(state), 'inference-gateway') : baseUrl(url);
  return `${gateway}/v1/set-ups`;
}

/** The address of a set-up: as it is given, or of the id at the gateway that is meant. @throws CommandError `usage` */
export function setUpUrl(target: string, options: SetUpOptions): string {
  if (/^https?:\/\//.test(target)) return baseUrl(target);
  if (uuidV7.safeParse(target).success) return `${setUpsUrl(options)}/${target}`;
  throw new CommandError(exitCodes.usage, `${target} is neither the address nor the id of a set-up.`);
}

/** The operator's token: of the environment, or of the running stack. */
export function operatorTokenOf({ url, state }: SetUpOptions): string {
  const given = process.env['TOUCHSTONE_OPERATOR_TOKEN'];
  if (given) return given;
  if (url === undefined) return readSecret(state, 'operator', 'TOUCHSTONE_OPERATOR_TOKEN');
  throw new CommandError(exitCodes.usage, 'Give the operator’s token in TOUCHSTONE_OPERATOR_TOKEN.');
}

/** The token of an invitation; undefined where none is given. */
export const invitationToken = (): string | undefined => process.env['TOUCHSTONE_SET_UP_TOKEN'] || undefined;

export function announceSetUp(
  url: string,
  token: string,
  manifest: SentSetUpManifest,
  files: { readonly model: Uint8Array; readonly options: Uint8Array | undefined },
): Promise<AnnouncedSetUp> {
  const form = new FormData();
  form.set('manifest', JSON.stringify(manifest));
  form.set('model', blobOf(files.model), 'model.onnx');
  if (files.options !== undefined) form.set('options', blobOf(files.options), 'options.json');
  return fetchJson(
    url,
    announcedSetUp,
    { method: 'POST', headers: bearer(token), body: form },
    JUDGED_WITHIN_MS,
  );
}

export function showSetUp(url: string): Promise<SetUpAnswer> {
  return fetchJson(url, setUpAnswer);
}

export async function listSetUps(url: string): Promise<SetUpAnswer[]> {
  const found: SetUpAnswer[] = [];
  let cursor: string | null = null;
  do {
    const query: string = `limit=${SET_UPS_PER_REQUEST}${cursor === null ? '' : `&cursor=${cursor}`}`;
    const page = await fetchJson(`${url}?${query}`, setUpPage);
    found.push(...page.setUps);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return found;
}

export function callOffSetUp(url: string, token: string): Promise<SetUpAnswer> {
  return fetchJson(url, setUpAnswer, { method: 'DELETE', headers: bearer(token) });
}

/** A file of a set-up. @param token where it is not for everybody @throws CommandError `io` */
export function downloadFile(url: string, name: SetUpFile, token?: string): Promise<Uint8Array> {
  return withinTime(
    url,
    async (signal) => {
      const response = await fetch(`${url}/${name}`, { headers: bearer(token), signal });
      if (!response.ok)
        throw new CommandError(exitCodes.io, await describeProblem(`${url}/${name}`, response));
      if (Number(response.headers.get('content-length') ?? 0) > FILE_BYTES_MAX)
        throw new CommandError(exitCodes.io, `${url}/${name} is larger than ${FILE_BYTES_MAX} bytes.`);
      return new Uint8Array(await response.arrayBuffer());
    },
    JUDGED_WITHIN_MS,
  );
}

/** What became of a key that was sent: taken, made from a key that is not the newest any more, or nobody said. */
export type Sent =
  | { readonly kind: 'taken'; readonly answer: ContributionAnswer }
  | { readonly kind: 'overtaken' }
  | { readonly kind: 'unanswered'; readonly reason: string };

/**
 * Sends a key that adds a contribution. Without an answer it may have been taken: the same key again gives the same answer.
 *
 * @throws CommandError `io` with what the gateway refused
 */
export function sendContribution(
  url: string,
  token: string,
  { before, key }: { readonly before: Uint8Array; readonly key: Uint8Array },
): Promise<Sent> {
  if (key.length > SET_UP_KEY_BYTES_MAX)
    throw new CommandError(exitCodes.io, `The key has ${key.length} bytes, more than are taken.`);
  return withinTime(
    url,
    async (signal): Promise<Sent> => {
      const response = await fetch(`${url}/contributions`, {
        method: 'POST',
        headers: {
          ...bearer(token),
          'content-type': 'application/octet-stream',
          'if-match': `"${bytesToHex(sha256(before))}"`,
        },
        body: blobOf(key),
        signal,
      }).catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
      if (response instanceof Error) return { kind: 'unanswered', reason: response.message };
      if (response.status >= SERVER_ERROR)
        return { kind: 'unanswered', reason: await describeProblem(response.url, response) };
      if (response.ok)
        return { kind: 'taken', answer: await readAnswer(response.url, contributionAnswer, response) };
      const isOld =
        response.status === CONFLICT &&
        (await showSetUp(url)).newestKey.sha256 !== bytesToHex(sha256(before));
      if (isOld) return { kind: 'overtaken' };
      throw new CommandError(exitCodes.io, await describeProblem(response.url, response));
    },
    JUDGED_WITHIN_MS,
  );
}

const blobOf = (bytes: Uint8Array): Blob => new Blob([bytes as Uint8Array<ArrayBuffer>]);

const bearer = (token: string | undefined): Record<string, string> =>
  token === undefined ? {} : { authorization: `Bearer ${token}` };
