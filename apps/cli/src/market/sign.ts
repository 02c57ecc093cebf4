import { canonicalJson, parseStrictJson, type JsonValue } from '@touchstone/canonical-json';
import { apiKeyRequestTypes, type ApiKeyRequest } from '@touchstone/contracts/http/developers';
import {
  marketDomain,
  modelSubmissionTypes,
  type SubmissionSignature,
  type SubmissionTerms,
} from '@touchstone/contracts/http/market';
import { bytesToHex, sha256, sha256TextHex } from '@touchstone/crypto';
import { createHash } from 'node:crypto';
import type { Hex } from 'viem';
import { privateKeyToAccount, type PrivateKeyAccount } from 'viem/accounts';
import { CommandError, exitCodes } from '../exit-codes.js';
import { readInput } from '../terminal/files.js';

/** Largest file with a key that is read. */
export const DEVELOPER_KEY_FILE_BYTES_MAX = 1_024;

/** Largest manifest that is read; the gateway takes no larger one. */
export const SUBMITTED_MANIFEST_BYTES_MAX = 1_048_576;

/** Seconds that a signature is good for. */
const DEADLINE_SECONDS = 3_600;

const deadlineOf = (nowMs: number): number => Math.floor(nowMs / 1_000) + DEADLINE_SECONDS;

/** The account of a key in a file: 64 hexadecimal digits. @throws CommandError `configuration` */
export async function readAccount(path: string): Promise<PrivateKeyAccount> {
  const bytes = await readInput(path, DEVELOPER_KEY_FILE_BYTES_MAX);
  const key = /^(?:0x)?([0-9a-f]{64})$/i.exec(new TextDecoder().decode(bytes).trim())?.[1];
  try {
    if (key !== undefined) return privateKeyToAccount(`0x${key.toLowerCase()}`);
  } catch {
    // A number that is no key of the curve.
  }
  throw new CommandError(exitCodes.configuration, `${path} holds no private key of 64 hexadecimal digits.`);
}

/** What is submitted, as it is sent. */
export interface SubmittedFiles {
  readonly model: Blob;
  readonly manifest: Uint8Array;
  readonly testCases: Uint8Array;
}

/** SHA-256 of a file that is read piece after piece. */
async function sha256Of(file: Blob): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of file.stream() as unknown as AsyncIterable<Uint8Array>) hash.update(chunk);
  return hash.digest('hex');
}

/** Signs a submission. @throws CommandError `usage` for a manifest that is no strict JSON */
export async function signSubmission(
  account: PrivateKeyAccount,
  { model, manifest, testCases }: SubmittedFiles,
  terms: SubmissionTerms,
  nowMs = Date.now(),
): Promise<SubmissionSignature> {
  const read = parseStrictJson(manifest, { maxBytes: SUBMITTED_MANIFEST_BYTES_MAX });
  if (!read.ok)
    throw new CommandError(exitCodes.usage, `The manifest is not strict JSON: ${read.error.message}`);
  const [modelSha256, deadline] = [await sha256Of(model), deadlineOf(nowMs)];
  const signature = await account.signTypedData({
    domain: marketDomain(terms.chainId),
    types: modelSubmissionTypes,
    primaryType: 'ModelSubmission',
    message: {
      modelSha256: `0x${modelSha256}`,
      manifestSha256: `0x${sha256TextHex(canonicalJson(read.value as JsonValue))}`,
      testCasesSha256: `0x${bytesToHex(sha256(testCases))}`,
      // Of the text that was shown: a service cannot have another one signed.
      termsSha256: `0x${sha256TextHex(terms.text)}`,
      developer: account.address,
      deadline: BigInt(deadline),
    },
  });
  return { developer: account.address.toLowerCase(), modelSha256, deadline, signature };
}

/** Signs the request for an API key. */
export async function signKeyRequest(
  account: PrivateKeyAccount,
  label: string,
  chainId: number,
  nowMs = Date.now(),
): Promise<ApiKeyRequest> {
  const deadline = deadlineOf(nowMs);
  const signature: Hex = await account.signTypedData({
    domain: marketDomain(chainId),
    types: apiKeyRequestTypes,
    primaryType: 'ApiKeyRequest',
    message: { developer: account.address, label, deadline: BigInt(deadline) },
  });
  return { developer: account.address.toLowerCase(), label, deadline, signature };
}
