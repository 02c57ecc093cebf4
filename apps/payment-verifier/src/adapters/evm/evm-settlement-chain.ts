import { AppError } from '@touchstone/contracts';
import { FINAL_DEPTH_BLOCKS, isUnanswered, nodeUnavailable, type EvmNode } from '@touchstone/evm';
import { authorizationTypes, verifyHashSignatureWithCode } from '@x402/evm';
import { getAddress, hashTypedData, TransactionReceiptNotFoundError, type Hex } from 'viem';
import { transferClaimDomain, transferClaimTypes } from '@touchstone/contracts/transfer';
import type { PayerClaim } from '../../domain/direct-transfer.js';
import type { Payment } from '../../domain/payment.js';
import type { AuthorizationFate, SettlementChain, Signed } from '../../domain/ports.js';
import type { Reservation } from '../../domain/reservation.js';
import { topics, transferOf, type TokenLog } from './authorization-logs.js';
import { AuthorizationSearch } from './authorization-search.js';
import type { EvmTransfers } from './evm-transfers.js';
import { isHighS, recoverSigner } from './recover-signer.js';

/** A receipt, or undefined while the transaction stands in no block. */
export type Receipt = Awaited<ReturnType<EvmNode['client']['getTransactionReceipt']>>;

/** The newest block that no reorganisation changes. */
interface FinalBlock {
  readonly number: bigint;
  readonly timestamp: bigint;
}

/** The chain as settlement needs it, over one node. */
export class EvmSettlementChain implements SettlementChain {
  /** Searches share what they learn about the node. */
  readonly search: AuthorizationSearch;

  constructor(
    private readonly node: EvmNode,
    /** Blocks that must hold an event before it counts, the event's own included; 1 is the receipt alone. */
    private readonly confirmations: number,
    private readonly transfers: Pick<EvmTransfers, 'fateOf'>,
  ) {
    this.search = new AuthorizationSearch(node);
  }

  async recentBlock(): Promise<bigint> {
    return (await this.node.recentHead()).number;
  }

  /** A plain account's signature is recovered here, without a request. */
  recoversToPayer(signed: Signed): boolean {
    const digest = digestOf(signed);
    const signature = signed.signature as Hex;
    // Of an authorisation the token refuses the twin; of a claim nobody else would.
    if (digest === undefined || ('claim' in signed && isHighS(signature))) return false;
    return recoverSigner(digest, signature) === signed.payer;
  }

  /**
   * The node is asked for code, and a contract for its ERC-1271 answer. Whether the token will take that is the
   * official verification's business; this only proves that the payer agreed to this nonce.
   */
  async isSignedByContract(signed: Signed): Promise<boolean> {
    const digest = digestOf(signed);
    if (digest === undefined) return false;
    const payer = signed.payer as Hex;
    const code = await this.node.ask(() => this.node.client.getCode({ address: payer }));
    if (code === undefined || code === '0x') return false;
    let unanswered: unknown;
    const wallet = {
      readContract: async (call: Parameters<EvmNode['client']['readContract']>[0]) => {
        try {
          return await this.node.client.readContract(call);
        } catch (error) {
          if (isUnanswered(error)) unanswered = error;
          throw error;
        }
      },
    };
    const valid = await verifyHashSignatureWithCode(
      wallet as Parameters<typeof verifyHashSignatureWithCode>[0],
      payer,
      code,
      digest,
      signed.signature as Hex,
    );
    if (unanswered !== undefined) throw nodeUnavailable(unanswered);
    return valid;
  }

  async fateOf(reservation: Reservation): Promise<AuthorizationFate> {
    const { transfer } = reservation;
    if (transfer !== null) return this.transfers.fateOf({ ...reservation, transfer });
    await this.node.assertChain();
    // The final block is read before the logs: what is not used by then and out of time can never be used.
    const final = await this.finalBlock();
    const { number: latest } = await this.latestBlock();
    const log = await this.search.find(reservation, latest, final?.number ?? latest - FINAL_DEPTH_BLOCKS);
    if (log === undefined) return this.withoutLog(reservation, final);
    if (!this.isConfirmed(BigInt(log.blockNumber), latest)) return { kind: 'open' };
    if (log.topics[0] === topics.canceled) return { kind: 'canceled' };
    const receipt = await this.receiptOf(log.transactionHash);
    if (receipt === undefined) return { kind: 'open' };
    const logIndex = transferOf(receipt.logs as readonly TokenLog[], reservation);
    if (logIndex === undefined) return { kind: 'used-otherwise' };
    return { kind: 'paid', transfer: { transaction: log.transactionHash, logIndex } };
  }

  /** The receipt of a transaction. @throws AppError `dependency-unavailable` */
  async receiptOf(hash: Hex): Promise<Receipt | undefined> {
    try {
      return await this.node.ask(() => this.node.client.getTransactionReceipt({ hash }));
    } catch (error) {
      if (error instanceof TransactionReceiptNotFoundError) return undefined;
      throw error;
    }
  }

  /** True when `block` has enough blocks on top at `latest`. */
  isConfirmed(block: bigint, latest: bigint): boolean {
    return latest - block + 1n >= BigInt(this.confirmations);
  }

  /** Number of the newest block, not cached. */
  async latestBlock(): Promise<{ readonly number: bigint }> {
    return { number: await this.node.latestNumber() };
  }

  private async finalBlock(): Promise<FinalBlock | undefined> {
    try {
      return await this.node.ask(() => this.node.client.getBlock({ blockTag: 'finalized' }));
    } catch (error) {
      if (error instanceof AppError) throw error;
      // A node without final blocks can confirm transfers but never rule one out.
      return undefined;
    }
  }

  private async withoutLog(
    reservation: Reservation,
    final: FinalBlock | undefined,
  ): Promise<AuthorizationFate> {
    if (final !== undefined && final.timestamp < reservation.validBefore) return { kind: 'open' };
    // A set flag without a found log means the search missed it; then nothing is decided.
    if (await this.isFlagSet(reservation)) this.search.forget(reservation);
    else if (final !== undefined) return { kind: 'expired' };
    return { kind: 'open' };
  }

  private isFlagSet({ asset, payer, nonce }: Reservation): Promise<boolean> {
    return this.node.ask(() =>
      this.node.client.readContract({
        address: asset as Hex,
        abi: authorizationStateAbi,
        functionName: 'authorizationState',
        args: [payer as Hex, `0x${nonce}`],
      }),
    );
  }
}

const authorizationStateAbi = [
  {
    type: 'function',
    name: 'authorizationState',
    stateMutability: 'view',
    inputs: [
      { name: 'authorizer', type: 'address' },
      { name: 'nonce', type: 'bytes32' },
    ],
    outputs: [{ name: '', type: 'bool' }],
  },
] as const;

/** The EIP-712 digest that the payer signs; undefined when name or version make no domain. */
function digestOf(signed: Signed): Hex | undefined {
  return 'claim' in signed ? claimDigest(signed) : authorizationDigest(signed);
}

function claimDigest({ claim, network }: PayerClaim): Hex {
  return hashTypedData({
    types: transferClaimTypes,
    primaryType: 'TransferClaim',
    domain: transferClaimDomain(Number(network.split(':')[1])),
    message: {
      txHash: `0x${claim.txHash}`,
      logIndex: BigInt(claim.logIndex),
      payer: getAddress(claim.payer),
      payTo: getAddress(claim.payTo),
      requestDigest: `0x${claim.requestDigest}`,
      deadline: BigInt(claim.deadline),
    },
  });
}

function authorizationDigest(payment: Payment): Hex | undefined {
  const { name, version } = payment.requirements.extra as { name: string; version: string };
  try {
    return hashTypedData({
      types: authorizationTypes,
      primaryType: 'TransferWithAuthorization',
      domain: {
        name,
        version,
        chainId: Number(payment.network.split(':')[1]),
        verifyingContract: getAddress(payment.asset),
      },
      message: {
        from: getAddress(payment.payer),
        to: getAddress(payment.payTo),
        value: payment.amount,
        validAfter: payment.validAfter,
        validBefore: payment.validBefore,
        nonce: `0x${payment.nonce}`,
      },
    });
  } catch {
    return undefined;
  }
}
