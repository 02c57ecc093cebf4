import {
  anchorStorageSlot,
  evmAnchorProofFromRpc,
  parseEvmAnchorProof,
  verifyEvmAnchor,
  type EvmAnchorProof,
} from '@touchstone/chain-proofs';
import { AppError, shortText } from '@touchstone/contracts';
import { hexToBytes } from '@touchstone/crypto';
import { anchorRegistry } from '@touchstone/evm-contracts';
import { withSpan } from '@touchstone/platform';
import { decodeFunctionResult, encodeFunctionData, toHex, type Hex } from 'viem';
import type {
  AnchorChain,
  ChainHead,
  ChainProof,
  Receipt,
  SendOutcome,
} from '../../domain/anchor/anchor-ports.js';
import { ProofRefusal } from '../../domain/anchor/proving.js';
import { EvmRpcRefusal, type EvmRpc } from './json-rpc.js';
import { readRpc, rpcBlock, rpcData, rpcQuantity, rpcReceipt } from './rpc-values.js';

const { abi } = anchorRegistry;

/** Characters of a node's own words about a proof that are told. */
export const REFUSAL_CHARACTERS_MAX = 200;
/** Words by which clients say that they have the transaction already. */
const KNOWN = /already known|already imported|known transaction|transaction already/i;
/** Words for a nonce that the chain has used. */
const NONCE_CONSUMED = /nonce too low|nonce.*(?:lower|already used)|old nonce/i;
/** Words for a nonce that waits at a better price. */
const UNDERPRICED = /underpriced|fee too low to replace/i;

/** An EVM chain with an `AnchorRegistry`, through one JSON-RPC node. */
export class EvmChain implements AnchorChain {
  readonly network: string;
  private checked = false;

  constructor(
    private readonly rpc: EvmRpc,
    readonly chainId: number,
    /** `0x` and lower case. */
    readonly contract: string,
  ) {
    this.network = `eip155:${chainId}`;
  }

  async head(): Promise<ChainHead> {
    await this.checkChain();
    const [latest, finalized] = await Promise.all([this.block('latest'), this.block('finalized')]);
    return { latest: latest?.number ?? 0n, finalized: finalized?.number ?? 0n };
  }

  async blockHash(number: bigint): Promise<string | undefined> {
    return (await this.block(toHex(number)))?.hash;
  }

  async fees(): Promise<{ baseFeePerGas: bigint; priorityFeePerGas: bigint }> {
    await this.checkChain();
    const [latest, priority] = await Promise.all([
      this.block('latest'),
      this.call('eth_maxPriorityFeePerGas'),
    ]);
    return {
      baseFeePerGas: latest?.baseFeePerGas ?? 0n,
      priorityFeePerGas: readRpc(rpcQuantity, priority, 'eth_maxPriorityFeePerGas'),
    };
  }

  async transactionCount(address: string): Promise<number> {
    const method = 'eth_getTransactionCount';
    return Number(readRpc(rpcQuantity, await this.call(method, [address, 'latest']), method));
  }

  anchorData(commitment: Uint8Array, size: bigint): string {
    return encodeFunctionData({ abi, functionName: 'anchor', args: [toHex(commitment), size] });
  }

  async estimateGas(from: string, data: string): Promise<bigint> {
    const method = 'eth_estimateGas';
    return readRpc(rpcQuantity, await this.call(method, [{ from, to: this.contract, data }]), method);
  }

  async send(raw: string): Promise<SendOutcome> {
    try {
      await withSpan('chain send anchor', {}, () => this.rpc('eth_sendRawTransaction', [raw]), 'client');
      return 'accepted';
    } catch (error) {
      if (!(error instanceof EvmRpcRefusal)) throw error;
      if (KNOWN.test(error.reason)) return 'accepted';
      if (NONCE_CONSUMED.test(error.reason)) return 'nonce-consumed';
      if (UNDERPRICED.test(error.reason)) return 'underpriced';
      throw unavailable(error);
    }
  }

  async receipt(hash: string): Promise<Receipt | undefined> {
    const method = 'eth_getTransactionReceipt';
    const result = await this.call(method, [hash]);
    if (result === null) return undefined;
    const { blockNumber, blockHash, status, gasUsed } = readRpc(rpcReceipt, result, method);
    return { block: { number: blockNumber, hash: blockHash }, succeeded: status === 1n, gasUsed };
  }

  async knows(hash: string): Promise<boolean> {
    return (await this.call('eth_getTransactionByHash', [hash])) !== null;
  }

  async isRecorded(submitter: string, commitment: Uint8Array): Promise<boolean> {
    const args = [submitter as Hex, toHex(commitment)] as const;
    const data = encodeFunctionData({ abi, functionName: 'anchoredAt', args });
    const result = await this.call('eth_call', [{ to: this.contract, data }, 'latest']);
    const answer = readRpc(rpcData, result, 'eth_call') as Hex;
    if (answer === '0x') throw unavailable(new Error(`There is no contract at ${this.contract}.`));
    const [blockNumber] = decodeFunctionResult({ abi, functionName: 'anchoredAt', data: answer });
    return blockNumber > 0n;
  }

  /** The node is not believed: header and proof are verified as a reader of the evidence will do it. */
  async prove(blockNumber: bigint, submitter: string, commitment: Uint8Array): Promise<ChainProof> {
    const tag = toHex(blockNumber);
    const contract = addressBytes(this.contract);
    const payer = addressBytes(submitter);
    const slot = toHex(anchorStorageSlot(payer, commitment));
    const { hash, proof } = await this.collect(tag, slot);
    const parsed = parseEvmAnchorProof(proof);
    const verified = parsed.ok
      ? verifyEvmAnchor({ ...parsed.proof, contract, submitter: payer, commitment })
      : parsed;
    if (!verified.ok) {
      const { check, expected, actual } = verified;
      throw new ProofRefusal(`the proof fails at ${check}: expected ${expected}, got ${actual}`);
    }
    if (verified.header.number !== blockNumber)
      throw new ProofRefusal(`block ${verified.header.number} was given for ${blockNumber}`);
    return { block: { number: blockNumber, hash: `0x${hash}` }, proof, recordedIn: verified.anchoredAt };
  }

  /** Header and proof of a block; the header from its own bytes where it has fields that are unknown here. */
  private async collect(tag: string, slot: string): Promise<{ hash: string; proof: EvmAnchorProof }> {
    const [block, accountProof] = await Promise.all([
      this.answerTo('eth_getBlockByNumber', [tag, false]),
      this.answerTo('eth_getProof', [this.contract, [slot], tag]),
    ]);
    const collected = evmAnchorProofFromRpc(block, accountProof);
    if (collected.ok) return collected;
    if (collected.needsRawHeader !== true) throw new ProofRefusal(collected.reason);
    const raw = await this.answerTo('debug_getRawHeader', [tag]).catch((error: unknown) => {
      if (error instanceof ProofRefusal) throw new ProofRefusal(`${collected.reason}; ${error.reason}`);
      throw error;
    });
    const fromBytes = evmAnchorProofFromRpc(block, accountProof, raw);
    if (!fromBytes.ok) throw new ProofRefusal(fromBytes.reason);
    return fromBytes;
  }

  /** @throws ProofRefusal when the node answers an error */
  private async answerTo(method: string, params: readonly unknown[]): Promise<unknown> {
    try {
      return await this.rpc(method, params);
    } catch (error) {
      throw error instanceof EvmRpcRefusal
        ? new ProofRefusal(shortText(error.message, REFUSAL_CHARACTERS_MAX))
        : error;
    }
  }

  private async block(
    tag: string,
  ): Promise<{ number: bigint; hash: string; baseFeePerGas?: bigint | undefined } | undefined> {
    const method = 'eth_getBlockByNumber';
    const result = await this.call(method, [tag, false]);
    return result === null ? undefined : readRpc(rpcBlock, result, method);
  }

  /** A transaction signed for one chain must not be waited for on another. */
  private async checkChain(): Promise<void> {
    if (this.checked) return;
    const method = 'eth_chainId';
    const chainId = Number(readRpc(rpcQuantity, await this.call(method), method));
    if (chainId !== this.chainId)
      throw new AppError(
        'config-invalid',
        `The chain node is of chain ${chainId}, expected ${this.chainId}.`,
      );
    this.checked = true;
  }

  private async call(method: string, params: readonly unknown[] = []): Promise<unknown> {
    try {
      return await this.rpc(method, params);
    } catch (error) {
      throw error instanceof EvmRpcRefusal ? unavailable(error) : error;
    }
  }
}

function unavailable(error: Error): AppError {
  return new AppError('dependency-unavailable', `The chain node cannot be used: ${error.message}`);
}

function addressBytes(address: string): Uint8Array {
  const bytes = hexToBytes(address.slice(2), 20);
  if (bytes === undefined)
    throw new AppError('config-invalid', `${address} is no address; its proof has none.`);
  return bytes;
}

/** Chain id of a CAIP-2 name such as `eip155:8453`. */
export function evmChainId(network: string): number {
  return Number(/^eip155:([1-9][0-9]{0,15})$/.exec(network)?.[1] ?? Number.NaN);
}
