import { canonicalJson } from '@touchstone/canonical-json';
import {
  transferClaimDomain,
  transferClaimTypes,
  type SignedTransferClaim,
} from '@touchstone/contracts/transfer';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import type { StackDescription } from '@touchstone/embedded';
import { requestDigest } from '@touchstone/evidence';
import { decodePaymentRequiredHeader } from '@x402/core/http';
import type { PaymentRequired, PaymentRequirements } from '@x402/core/types';
import { createWalletClient, erc20Abi, http, parseEventLogs, type Hex, type TransactionReceipt } from 'viem';
import type { PrivateKeyAccount } from 'viem/accounts';
import { z } from 'zod';
import { CommandError, exitCodes } from '../exit-codes.js';
import { chainOf } from './chain.js';
import { chooseOffer, networkOf } from './offer.js';

/** The request header that brings a transfer. */
export const TRANSFER_HEADER = 'touchstone-transfer-claim';
/** Milliseconds for the transfer and its confirmations. */
const TRANSFER_TIMEOUT_MS = 60_000;
/** Seconds that a claim is good for. */
const CLAIM_SECONDS = 600;
const PAYMENT_REQUIRED = 402;

const extension = z.looseObject({
  info: z.looseObject({
    requestDigest: z.string(),
    confirmations: z.number().int().min(1),
  }),
});

/**
 * A `fetch` that pays by a transfer of its own: it asks what to pay, transfers, waits until the transfer is deep enough, signs
 * the claim that binds it to this request, and asks again. What the claim names is computed here: a service could
 * otherwise have the transfer claimed for another request.
 *
 * @param limit Most that is transferred, in atomic units
 * @param onClaim Told the header of the claim before it is sent
 */
export function transferringFetch(
  stack: StackDescription,
  account: PrivateKeyAccount,
  limit: bigint,
  modelVersionId: string,
  onClaim: (header: string) => void = () => undefined,
): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    const body = new Uint8Array(await request.clone().arrayBuffer());
    const asked = await fetch(request.clone());
    if (asked.status !== PAYMENT_REQUIRED) return asked;
    const { offer, confirmations, digest } = readOffer(asked, stack, limit);
    const { pathname, search } = new URL(request.url);
    const parts = {
      bodyDigest: bytesToHex(sha256(body)),
      method: request.method,
      modelVersionId,
      quoteId: null,
      target: `${pathname}${search}`,
    };
    if (requestDigest(parts) !== digest)
      throw new CommandError(
        exitCodes.io,
        'The service asks for a claim about another request than this one; nothing was transferred.',
      );
    await asked.body?.cancel();
    const receipt = await transfer(stack, account, offer, confirmations);
    const claim = await signClaim(stack, account, offer, receipt, digest);
    const headers = new Headers(request.headers);
    const claimed = Buffer.from(canonicalJson(claim)).toString('base64');
    onClaim(claimed);
    headers.set(TRANSFER_HEADER, claimed);
    return fetch(new Request(request, { headers }));
  };
}

function readOffer(response: Response, stack: StackDescription, limit: bigint) {
  const header = response.headers.get('payment-required');
  let required: PaymentRequired;
  try {
    required = decodePaymentRequiredHeader(header ?? '');
  } catch (cause) {
    throw new CommandError(exitCodes.io, 'The service asks for a payment and does not say which.', { cause });
  }
  const offer = chooseOffer(required, stack, limit);
  const read = extension.safeParse(required.extensions?.['touchstone-transfer']);
  if (!read.success) throw new CommandError(exitCodes.usage, 'The service takes no transfers; pay by x402.');
  const { confirmations, requestDigest: digest } = read.data.info;
  return { offer, confirmations, digest };
}

async function transfer(
  stack: StackDescription,
  account: PrivateKeyAccount,
  { asset, payTo, amount }: PaymentRequirements,
  confirmations: number,
): Promise<TransactionReceipt> {
  const wallet = createWalletClient({ account, transport: http(stack.chain.rpcUrl) });
  const hash = await wallet.writeContract({
    chain: null,
    address: asset as Hex,
    abi: erc20Abi,
    functionName: 'transfer',
    args: [payTo as Hex, BigInt(amount)],
  });
  const receipt = await chainOf(stack)
    .waitForTransactionReceipt({ hash, confirmations, timeout: TRANSFER_TIMEOUT_MS })
    .catch((cause: unknown) => {
      const told = `The transfer ${hash} did not get ${confirmations} confirmations in time; it may still count.`;
      throw new CommandError(exitCodes.io, told, { cause });
    });
  if (receipt.status === 'success') return receipt;
  throw new CommandError(exitCodes.io, `The transfer ${hash} reverted; nothing was paid.`);
}

async function signClaim(
  stack: StackDescription,
  account: PrivateKeyAccount,
  { asset, payTo }: PaymentRequirements,
  receipt: TransactionReceipt,
  digest: string,
): Promise<SignedTransferClaim> {
  const logs = parseEventLogs({ abi: erc20Abi, eventName: 'Transfer', logs: receipt.logs });
  const made = logs.find(({ address }) => address.toLowerCase() === asset.toLowerCase());
  if (made === undefined)
    throw new CommandError(exitCodes.io, `The transaction ${receipt.transactionHash} has no transfer.`);
  const claim = {
    txHash: receipt.transactionHash.slice(2),
    logIndex: made.logIndex,
    payer: account.address.toLowerCase(),
    payTo: payTo.toLowerCase(),
    requestDigest: digest,
    deadline: Math.floor(Date.now() / 1_000) + CLAIM_SECONDS,
  };
  const signature = await account.signTypedData({
    domain: transferClaimDomain(Number(networkOf(stack.chain).split(':')[1])),
    types: transferClaimTypes,
    primaryType: 'TransferClaim',
    message: {
      txHash: receipt.transactionHash,
      logIndex: BigInt(made.logIndex),
      payer: account.address,
      payTo: payTo as Hex,
      requestDigest: `0x${digest}`,
      deadline: BigInt(claim.deadline),
    },
  });
  return { claim, signature: signature.toLowerCase() };
}
