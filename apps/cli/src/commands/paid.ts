import { canonicalJson } from '@touchstone/canonical-json';
import { readerOf } from '@touchstone/contracts/http/reader-of';
import { seedError, transactionHash } from '@touchstone/contracts/http/seed';
import { seedPaidByTransaction, type SeedPaidByTransaction } from '@touchstone/contracts/http/seed-records';
import {
  PAYER_LOOKUP_HEADER,
  payerLookupTypes,
  transferClaimDomain,
  type SignedPayerLookup,
} from '@touchstone/contracts/transfer';
import type { StackDescription } from '@touchstone/embedded';
import type { Hex } from 'viem';
import { CommandError, exitCodes, type ExitCode } from '../exit-codes.js';
import { networkOf } from '../stack/offer.js';
import { developmentPayer } from '../stack/payer.js';
import { readAnswer, requireStack, urlOf, withinTime } from '../stack/running-stack.js';
import { jsonText } from '../terminal/json-text.js';
import { printableLine } from '../terminal/printable.js';
import { table } from '../terminal/style.js';

/** Seconds that a lookup is signed for: it is used at once. */
const LOOKUP_SECONDS = 60;

export interface PaidOptions {
  readonly json: boolean;
  readonly state: string;
}

/** `touchstone paid`: what a transaction of the development payer paid for, with the ids that only its payer is told. */
export async function paidCommand(hash: string, { json, state }: PaidOptions): Promise<ExitCode> {
  const parsed = transactionHash.safeParse(hash);
  if (!parsed.success)
    throw new CommandError(exitCodes.usage, `${printableLine(hash)} is no hash of a transaction.`);
  const stack = requireStack(state);
  const url = `${urlOf(stack, 'inference-gateway')}/api/verifications/tx/${parsed.data}`;
  const header = await lookupHeader(stack, state, parsed.data);
  const paid = await withinTime(url, async (signal) => {
    const response = await fetch(url, { headers: { [PAYER_LOOKUP_HEADER]: header }, signal });
    if (response.ok) return readAnswer(url, seedPaidByTransaction, response);
    throw new CommandError(exitCodes.io, `${url} answered ${response.status} ${await refusalOf(response)}`);
  });
  process.stdout.write(`${json ? jsonText(paid) : paid.verifications.map(describe).join('\n\n')}\n`);
  return exitCodes.ok;
}

/** What the seed API says of a refusal. */
async function refusalOf(response: Response): Promise<string> {
  const read = readerOf(seedError).safeParse(await response.json().catch(() => undefined));
  return printableLine(read.success ? `${read.data.reason}: ${read.data.details}` : response.statusText);
}

async function lookupHeader(stack: StackDescription, state: string, hash: string): Promise<string> {
  const account = developmentPayer(state);
  const deadline = Math.floor(Date.now() / 1_000) + LOOKUP_SECONDS;
  const signature = await account.signTypedData({
    domain: transferClaimDomain(Number(networkOf(stack.chain).split(':')[1])),
    types: payerLookupTypes,
    primaryType: 'PayerLookup',
    message: { txHash: hash as Hex, payer: account.address, deadline: BigInt(deadline) },
  });
  const lookup = { txHash: hash.slice(2), payer: account.address.toLowerCase(), deadline };
  const signed: SignedPayerLookup = { lookup, signature: signature.toLowerCase() };
  return Buffer.from(canonicalJson(signed)).toString('base64');
}

function describe({
  verificationId,
  model,
  status,
  payment,
  createdAt,
  evidence,
}: SeedPaidByTransaction['verifications'][number]): string {
  return table([
    ['verification', verificationId ?? 'told to its payer alone'],
    ['model', printableLine(model.id)],
    ['status', status],
    ...(payment === null ? [] : [['paid', `${payment.amount} ${payment.currency}`]]),
    ['created', createdAt],
    ...(evidence === undefined ? [] : [['evidence', printableLine(evidence)]]),
  ]);
}
