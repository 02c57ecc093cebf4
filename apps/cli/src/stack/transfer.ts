import { canonicalJson } from '@touchstone/canonical-json';
import {
  transferClaimDomain,
  transferClaimTypes,
  type SignedTransferClaim,
} from '@touchstone/contracts/transfer';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import type { StackDescription } from '@touchstone/embedded';
import { requestDigest } from '@touchstone/evidence';
import type { PaymentRequired, PaymentRequirements } from '@x402/core/types';
import { createWalletClient, erc20Abi, http, parseEventLogs, type Hex, type TransactionReceipt } from 'viem';
import type { PrivateKeyAccount } from 'viem/accounts';
import { z } from 'zod';
import { CommandError, exitCodes } from '../exit-codes.js';
import { chainOf } from './chain.js';
import { networkOf } from './offer.js';

/** The request header that brings a transfer. */
export const TRANSFER_HEADER = 'touchstone-transfer-claim';
/** Milliseconds for a transfer and its confirmations. */
const TRANSFER_TIMEOUT_MS = 60_000;
/** Seconds that a claim is good for. */
const CLAIM_SECONDS = 600;

/** A request that a transfer pays for. */
export interface PaidFor {
  readonly method: string;
  /** Path and query as they are sent. */
  readonly target: string;
  readonly body: Uint8Array;
  readonly modelVersionId: string;
}

const extension = z.looseObject({
  info: z.looseObject({
    requestDigest: z.string(),
    confirmations: z.number().int().min(1),
  }),
});

/**
 * What a 402 says about transfers. What a claim names is computed here: a service could otherwise have a transfer claimed for
 * another request.
 *
 * @throws CommandError when it takes none, or asks for a claim about another request
 */
export function readTransferOffer(required: PaymentRequired, paidFor: PaidFor) {
  const read = extension.safeParse(required.extensions?.['touchstone-transfer']);
  if (!read.success) throw new CommandError(exitCodes.usage, 'The service takes no transfers; pay by x402.');
  const { confirmations, requestDigest: asked } = read.data.info;
  const { body, ...rest } = paidFor;
  const digest = requestDigest({ ...rest, bodyDigest: bytesToHex(sha256(body)), quoteId: null });
  if (digest !== asked)
    throw new CommandError(
      exitCodes.io,
      'The service asks for a claim about another request than this one; nothing was transferred or signed for it.',
    );
  return { confirmations, digest };
}

/** Sends tokens of the stack and waits until the transfer is deep enough. */
export async function transferTokens(
  stack: StackDescription,
  account: PrivateKeyAccount,
  { asset, payTo, amount }: Pick<PaymentRequirements, 'asset' | 'payTo' | 'amount'>,
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

/** The receipt of a transfer that was made before. @throws CommandError when no block has it */
export async function receiptOf(stack: StackDescription, hash: Hex): Promise<TransactionReceipt> {
  return chainOf(stack)
    .getTransactionReceipt({ hash })
    .catch((cause: unknown) => {
      throw new CommandError(exitCodes.io, `The chain has no transaction ${hash}.`, { cause });
    });
}

/** The header that claims a transfer for a request, signed by its payer (EIP-712). */
export async function claimHeader(
  stack: StackDescription,
  account: PrivateKeyAccount,
  { asset, payTo }: Pick<PaymentRequirements, 'asset' | 'payTo'>,
  receipt: TransactionReceipt,
  digest: string,
): Promise<string> {
  const logs = parseEventLogs({ abi: erc20Abi, eventName: 'Transfer', logs: receipt.logs });
  const made = logs.find(
    ({ address, args }) =>
      address.toLowerCase() === asset.toLowerCase() &&
      args.to.toLowerCase() === payTo.toLowerCase() &&
      args.from.toLowerCase() === account.address.toLowerCase(),
  );
  if (made === undefined)
    throw new CommandError(
      exitCodes.io,
      `The transaction ${receipt.transactionHash} has no transfer of this token from ${account.address} to ${payTo}.`,
    );
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
  const signed: SignedTransferClaim = { claim, signature: signature.toLowerCase() };
  return Buffer.from(canonicalJson(signed)).toString('base64');
}
