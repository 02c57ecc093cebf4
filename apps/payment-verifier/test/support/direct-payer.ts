import { randomBytes } from 'node:crypto';
import { testUsdc } from '@touchstone/evm-contracts/test-token';
import {
  transferClaimDomain,
  transferClaimTypes,
  type AskedTransfer,
  type SignedTransferClaim,
  type TransferClaim,
} from '@touchstone/contracts/transfer';
import { encodeFunctionData, type Hex } from 'viem';
import { topics } from '../../src/adapters/evm/authorization-logs.js';
import { ASSET, NETWORK, Payer, PRICE } from './payer.js';
import type { TestToken } from './test-token.js';

interface ChainLog {
  readonly address: Hex;
  readonly topics: readonly Hex[];
  readonly logIndex: Hex;
}
interface ChainReceipt {
  readonly status: Hex;
  readonly transactionHash: Hex;
  readonly blockNumber: Hex;
  readonly logs: readonly ChainLog[];
}

/** A transaction that a test sent, with the places of the transfers in it. */
export interface SentTransaction {
  /** Without `0x`. */
  readonly txHash: string;
  readonly logIndexes: readonly number[];
  readonly blockNumber: number;
}

/** Sends transactions of any account, as its wallet would. */
export class Wallets {
  constructor(private readonly token: TestToken) {}

  /** Sends without waiting for a block. */
  async submit(from: Hex, data: Hex, to: Hex = ASSET, gas?: Hex): Promise<Hex> {
    await this.token.rpc('anvil_impersonateAccount', [from]);
    await this.token.rpc('anvil_setBalance', [from, '0xde0b6b3a7640000']);
    return this.token.rpc<Hex>('eth_sendTransaction', [{ from, to, data, ...(gas && { gas }) }]);
  }

  /** A plain transfer as signed bytes, which are the same transaction whenever they are sent. */
  async sign(payer: Payer, to: Hex, amount: bigint = PRICE): Promise<Hex> {
    await this.token.rpc('anvil_setBalance', [payer.address, '0xde0b6b3a7640000']);
    return payer.account.signTransaction({
      type: 'eip1559',
      chainId: Number(NETWORK.split(':')[1]),
      nonce: await this.token.transactionCount(payer.address),
      to: ASSET,
      data: transferData(to, amount),
      gas: 100_000n,
      maxFeePerGas: 100_000_000_000n,
      maxPriorityFeePerGas: 1_000_000_000n,
    });
  }

  async sendRaw(raw: Hex): Promise<SentTransaction> {
    return this.receipt(await this.token.rpc<Hex>('eth_sendRawTransaction', [raw]));
  }

  async send(from: Hex, data: Hex, to: Hex = ASSET, gas?: Hex): Promise<SentTransaction> {
    return this.receipt(await this.submit(from, data, to, gas), to);
  }

  /** A plain transfer of the token. */
  transfer(payer: Payer, to: Hex, amount: bigint = PRICE): Promise<SentTransaction> {
    return this.send(payer.address, transferData(to, amount));
  }

  async receipt(hash: Hex, asset: Hex = ASSET): Promise<SentTransaction> {
    for (;;) {
      const receipt = await this.token.rpc<ChainReceipt | null>('eth_getTransactionReceipt', [hash]);
      if (receipt !== null) {
        const transfers = receipt.logs.filter(
          ({ address, topics: [topic] }) => address.toLowerCase() === asset && topic === topics.transfer,
        );
        return {
          txHash: receipt.transactionHash.slice(2),
          logIndexes: transfers.map(({ logIndex }) => Number(logIndex)),
          blockNumber: Number(receipt.blockNumber),
        };
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

export function transferData(to: Hex, amount: bigint): Hex {
  return encodeFunctionData({ abi: testUsdc.abi, functionName: 'transfer', args: [to, amount] });
}

/** What is asked for of a transfer. */
export function askedFor(payTo: Hex, change: Partial<AskedTransfer> = {}): AskedTransfer {
  return { network: NETWORK, asset: ASSET, payTo, amount: PRICE.toString(), ...change };
}

/** A claim that a payer signed, in the domain of a chain. */
export async function signClaim(
  payer: Payer,
  claim: TransferClaim,
  chainId = Number(NETWORK.split(':')[1]),
): Promise<SignedTransferClaim> {
  const signature = await payer.account.signTypedData({
    types: transferClaimTypes,
    primaryType: 'TransferClaim',
    domain: transferClaimDomain(chainId),
    message: {
      txHash: `0x${claim.txHash}`,
      logIndex: BigInt(claim.logIndex),
      payer: claim.payer as Hex,
      payTo: claim.payTo as Hex,
      requestDigest: `0x${claim.requestDigest}`,
      deadline: BigInt(claim.deadline),
    },
  });
  return { claim, signature: signature.toLowerCase() };
}

/**
 * A contract that writes a `Transfer` for every 96 bytes that it is called with: sender, recipient and sum, as they are.
 * Its code, by hand: `for (i = 0; i < calldatasize; i += 96) log3(sum, Transfer, sender, recipient)`.
 */
export const EVENT_WRITER: Hex = `0x${[
  '60005b', // i = 0; loop:
  '368110600c57', // if (i < calldatasize) goto body
  '000000', // stop
  '5b8060400135600052', // body: memory[0] = sum
  '80602001358135', // recipient, sender
  `7f${topics.transfer.slice(2)}`,
  '60206000a3', // log3
  '606001600256', // i += 96; goto loop
].join('')}`;

/** Bytes of {@link EVENT_WRITER}'s call for one event. */
export function writtenTransfer(from: Hex, to: Hex, amount: bigint): string {
  const word = (hex: string): string => hex.replace(/^0x/, '').padStart(64, '0');
  return word(from) + word(to) + word(amount.toString(16));
}

export const randomDigest = (): string => randomBytes(32).toString('hex');
