import type { Hex } from 'viem';
import { CommandError, exitCodes, type ExitCode } from '../exit-codes.js';
import { showModel } from '../stack/gateway.js';
import { chooseOffer } from '../stack/offer.js';
import { developmentPayer } from '../stack/payer.js';
import { formatAtomic, parsePrice, PAYMENT_ATOMIC_MAX } from '../stack/price.js';
import { readChallenge } from '../stack/read-challenge.js';
import { requireStack } from '../stack/running-stack.js';
import {
  claimHeader,
  readTransferOffer,
  receiptOf,
  TRANSFER_HEADER,
  transferTokens,
} from '../stack/transfer.js';
import { readInput } from '../terminal/files.js';

/** Largest body of a request that a transfer is claimed for. */
const BODY_BYTES_MAX = 67_108_864;

export interface TransferOptions {
  readonly to: string;
  readonly amount: string;
  readonly max?: string;
  readonly confirmations: number;
  readonly json: boolean;
  readonly state: string;
}

export interface ClaimOptions {
  readonly transfer: string;
  readonly body: string;
  readonly url: string;
  readonly model: string;
  readonly json: boolean;
  readonly state: string;
}

/** `touchstone transfer`: sends tokens from the development payer and prints the hash once it is deep enough. */
export async function transferCommand(options: TransferOptions): Promise<ExitCode> {
  const stack = requireStack(options.state);
  if (!/^0x[0-9a-fA-F]{40}$/.test(options.to))
    throw new CommandError(
      exitCodes.usage,
      `Expected an address of 0x and 40 hex characters, got ${options.to}.`,
    );
  const amount = parsePrice(options.amount);
  const limit = options.max === undefined ? PAYMENT_ATOMIC_MAX : parsePrice(options.max);
  if (amount > limit)
    throw new CommandError(
      exitCodes.usage,
      `${formatAtomic(amount)} is more than ${formatAtomic(limit)}; say --max ${options.amount} if you mean it.`,
    );
  const asked = { asset: stack.chain.usdc, payTo: options.to, amount: amount.toString() };
  const payer = developmentPayer(options.state);
  const { transactionHash, blockNumber } = await transferTokens(stack, payer, asked, options.confirmations);
  if (options.json) {
    const told = {
      txHash: transactionHash,
      blockNumber: blockNumber.toString(),
      from: payer.address,
      ...asked,
    };
    process.stdout.write(`${JSON.stringify(told, null, 2)}\n`);
    return exitCodes.ok;
  }
  process.stderr.write(
    `Transferred ${formatAtomic(amount)} to ${options.to} in block ${blockNumber}, ${options.confirmations} confirmations.\n`,
  );
  process.stdout.write(`${transactionHash}\n`);
  return exitCodes.ok;
}

/** `touchstone claim`: signs that a transfer pays for one request and prints the header that brings it. */
export async function claimCommand(path: string, options: ClaimOptions): Promise<ExitCode> {
  const stack = requireStack(options.state);
  if (!/^0x[0-9a-fA-F]{64}$/.test(options.transfer))
    throw new CommandError(
      exitCodes.usage,
      `Expected a hash of 0x and 64 hex characters, got ${options.transfer}.`,
    );
  const required = await readChallenge(path);
  // What is transferred already has no limit of its own; the claim only says for what.
  const offer = chooseOffer(required, stack, 2n ** 256n);
  const { pathname, search } = new URL(options.url);
  const { modelVersionId } = await showModel(stack, options.model);
  const { digest } = readTransferOffer(required, {
    method: 'POST',
    target: `${pathname}${search}`,
    body: await readInput(options.body, BODY_BYTES_MAX),
    modelVersionId,
  });
  const receipt = await receiptOf(stack, options.transfer.toLowerCase() as Hex);
  const header = await claimHeader(stack, developmentPayer(options.state), offer, receipt, digest);
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ header: TRANSFER_HEADER, value: header, requestDigest: digest }, null, 2)}\n`
      : `${TRANSFER_HEADER}: ${header}\n`,
  );
  return exitCodes.ok;
}
