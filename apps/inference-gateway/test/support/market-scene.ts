import { canonicalJson } from '@touchstone/canonical-json';
import { apiKeyRequestTypes } from '@touchstone/contracts/http/developers';
import { marketDomain, modelSubmissionTypes, type SubmissionAnswer } from '@touchstone/contracts/http/market';
import { bytesToHex, sha256, sha256TextHex } from '@touchstone/crypto';
import { waitUntil } from '@touchstone/testing';
import { generatePrivateKey, privateKeyToAccount, type PrivateKeyAccount } from 'viem/accounts';
import { classifier, operator, TOKEN } from './operator-requests.js';

/** The chain that payments of the tests are made on. */
const CHAIN_ID = 8453;
export const TERMS = 'Whoever submits a model has the right to.\nPayouts follow. ≥ 0\n';

/** Settings of a gateway that takes submissions. */
export const market = {
  ...operator,
  TOUCHSTONE_SUBMISSION_TERMS: TERMS,
  TOUCHSTONE_SUBMISSIONS_PER_DAY: '1',
};

/** A service that answers HTTP. */
export interface Reached {
  readonly url: string;
}

/** A developer with a key of its own. */
export const developer = (): PrivateKeyAccount => privateKeyToAccount(generatePrivateKey());

/** The address of an account as it is written here. */
export const addressOf = (account: PrivateKeyAccount): string => account.address.toLowerCase();

const row = (data: readonly number[]) => ({ name: 'features', datatype: 'FP32', shape: [1, 2], data });
const softmax = (logits: readonly number[]): number[] => {
  const powers = logits.map(Math.exp);
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
};

/** What the classifier of the tests gives, computed here. */
export const testCase = (x: number, y: number) => ({
  inputs: [row([x, y])],
  outputs: [{ name: 'probabilities', datatype: 'FP32', shape: [1, 3], data: softmax([x, 2 * y, 0.5 - x]) }],
});

/** Three that hold. */
export const goodCases = [testCase(1, 0), testCase(0, 2), testCase(-1, 0.25)];

/** What is sent, with everything that a hostile sender changes after it was signed. */
export interface Sent {
  readonly account: PrivateKeyAccount;
  readonly manifest: Record<string, unknown>;
  readonly model?: Uint8Array;
  readonly cases?: unknown;
  readonly bundle?: string;
  readonly deadline?: number;
  readonly change?: (parts: Map<string, string | Uint8Array>) => void;
  readonly chainId?: number;
}

/** An answer about a submission. */
export interface MarketReply {
  readonly status: number;
  readonly body: SubmissionAnswer & { code?: string; detail?: string };
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The parts of a form, signed. */
export async function signedParts(sent: Sent): Promise<Map<string, string | Uint8Array>> {
  const { account, model = classifier, cases = goodCases, bundle } = sent;
  const { deadline = Math.floor(Date.now() / 1_000) + 600, chainId = CHAIN_ID } = sent;
  const manifest = { description: 'Two sides.', licence: 'MIT', priceAtomic: '10000', ...sent.manifest };
  const casesText = JSON.stringify(cases);
  const modelSha256 = bytesToHex(sha256(model));
  const signature = await account.signTypedData({
    domain: marketDomain(chainId),
    types: modelSubmissionTypes,
    primaryType: 'ModelSubmission',
    message: {
      modelSha256: `0x${modelSha256}`,
      manifestSha256: `0x${sha256TextHex(canonicalJson(manifest))}`,
      testCasesSha256: `0x${bytesToHex(sha256(utf8(casesText)))}`,
      termsSha256: `0x${sha256TextHex(TERMS)}`,
      developer: account.address,
      deadline: BigInt(deadline),
    },
  });
  const signed = { developer: addressOf(account), modelSha256, deadline, signature };
  const parts = new Map<string, string | Uint8Array>([
    ['manifest', JSON.stringify(manifest, null, 1)],
    ['test-cases', casesText],
    ['signature', JSON.stringify(signed)],
    ...(bundle === undefined ? [] : [['signature-bundle', bundle] as const]),
    ['model', model],
  ]);
  sent.change?.(parts);
  return parts;
}

/** Sends parts as they are. */
export async function send(
  gateway: Reached,
  parts: ReadonlyMap<string, string | Uint8Array>,
): Promise<MarketReply> {
  const form = new FormData();
  for (const [name, content] of parts)
    form.append(name, new Blob([content as Uint8Array<ArrayBuffer>]), `${name}.bin`);
  return reply(fetch(`${gateway.url}/v1/submissions`, { method: 'POST', body: form }));
}

/** Submits a model. */
export const submit = async (gateway: Reached, sent: Sent): Promise<MarketReply> =>
  send(gateway, await signedParts(sent));

async function reply(pending: Promise<Response>): Promise<MarketReply> {
  const response = await pending;
  return { status: response.status, body: (await response.json()) as MarketReply['body'] };
}

/** Asks as the operator, or with another token. */
export function call<Body = MarketReply['body']>(
  gateway: Reached,
  method: string,
  path: string,
  body?: unknown,
  token = TOKEN,
): Promise<{ status: number; body: Body }> {
  const headers = {
    authorization: `Bearer ${token}`,
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  return reply(fetch(`${gateway.url}${path}`, { method, headers, ...sent })) as never;
}

/** Waits until a submission is in another state than on its way there. */
export async function validated(gateway: Reached, id: string): Promise<SubmissionAnswer> {
  let found: SubmissionAnswer | undefined;
  await waitUntil(
    async () => {
      found = (await call(gateway, 'GET', `/v1/submissions/${id}`)).body;
      return !['submitted', 'validating'].includes(found.state);
    },
    30_000,
    'the validation',
  );
  return found as SubmissionAnswer;
}

/** Asks for an API key. */
export async function askForKey(
  gateway: Reached,
  account: PrivateKeyAccount,
  change: Record<string, unknown> = {},
): Promise<{ status: number; body: { id: string; key: string; code?: string } }> {
  const request = {
    developer: addressOf(account),
    label: 'laptop',
    deadline: Math.floor(Date.now() / 1_000) + 600,
  };
  const said = { ...request, ...(change['signed'] as object | undefined) };
  const signature = await account.signTypedData({
    domain: marketDomain(CHAIN_ID),
    types: apiKeyRequestTypes,
    primaryType: 'ApiKeyRequest',
    message: { developer: account.address, label: said.label, deadline: BigInt(said.deadline) },
  });
  const { signed: _signed, ...sent } = change;
  const body = JSON.stringify({ ...request, ...said, signature, ...sent });
  const headers = { 'content-type': 'application/json' };
  return reply(fetch(`${gateway.url}/v1/developers/keys`, { method: 'POST', headers, body })) as never;
}
