import { AppError } from '@touchstone/contracts';
import { hexToBytes } from '@touchstone/crypto';
import {
  anchorStorageSlot,
  evmAnchorProofFromRpc,
  parseEvmAnchorProof,
  verifyEvmAnchor,
  type EvmAnchorProof,
} from '@touchstone/chain-proofs';
import {
  nodeRefused,
  nodeUnavailable,
  readRpc,
  reasonOf,
  rpcCost,
  rpcQuantity,
  type EvmNode,
  type LaneChain,
} from '@touchstone/evm';
import { anchorRegistry } from '@touchstone/evm-contracts';
import { BaseError, encodeFunctionData, ExecutionRevertedError, RpcRequestError, toHex } from 'viem';
import { AnchorRefusal } from '../../domain/anchor/anchor-refusal.js';
import type { AnchorHead, AnchorChain, ChainProof } from '../../domain/anchor/evm/ports.js';
import { ProofRefusal } from '../../domain/anchor/evm/proving.js';

const { abi } = anchorRegistry;

/** An EVM chain with an `AnchorRegistry`, through one JSON-RPC node. */
export class EvmChain implements AnchorChain {
  constructor(
    private readonly node: EvmNode,
    private readonly lane: Pick<LaneChain, 'head'>,
    /** `0x` and lower case. */
    readonly contract: string,
  ) {}

  get network(): string {
    return this.node.network;
  }

  async head(): Promise<AnchorHead> {
    const [head, safe] = await Promise.all([this.lane.head(), this.node.safeNumber()]);
    return { ...head, safe: safe !== undefined && safe > head.finalized ? safe : head.finalized };
  }

  async blockHash(number: bigint): Promise<string | undefined> {
    return (await this.node.block(number))?.hash;
  }

  anchorData(commitment: Uint8Array, size: bigint): string {
    return encodeFunctionData({ abi, functionName: 'anchor', args: [toHex(commitment), size] });
  }

  async estimateGas(from: string, data: string): Promise<bigint> {
    const method = 'eth_estimateGas';
    await this.node.assertChain();
    try {
      const gas = await this.node.ask(() => this.node.request(method, [{ from, to: this.contract, data }]));
      return readRpc(rpcQuantity, gas, method);
    } catch (error) {
      if (error instanceof AppError) throw error;
      if (isRevert(error)) throw new AnchorRefusal(this.network, `the contract reverts: ${reasonOf(error)}`);
      throw nodeRefused(method, error);
    }
  }

  async costOf(hash: string, feePerGasMax: bigint): Promise<bigint> {
    const method = 'eth_getTransactionReceipt';
    const result = await this.node.raw(method, [hash]);
    // The chain moved since its block was known; the next look finds out where it stands.
    if (result === null)
      throw new AppError('dependency-unavailable', `The chain node has no receipt of ${hash} any more.`);
    const { gasUsed, effectiveGasPrice, l1Fee } = readRpc(rpcCost, result, method);
    // Some old nodes do not say the price, and none can be above what was signed.
    const isCapped = effectiveGasPrice == null || effectiveGasPrice > feePerGasMax;
    return gasUsed * (isCapped ? feePerGasMax : effectiveGasPrice) + (l1Fee ?? 0n);
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

  /** A node that answers an error gives no proof, whatever the error; one that does not answer may give it later. */
  private async answerTo(method: string, params: readonly unknown[]): Promise<unknown> {
    try {
      return await this.node.request(method, params);
    } catch (error) {
      const isAnswer =
        error instanceof BaseError && error.walk((cause) => cause instanceof RpcRequestError) !== null;
      throw isAnswer ? new ProofRefusal(`${method}: ${reasonOf(error)}`) : nodeUnavailable(error);
    }
  }
}

/** Clients say it by the code 3 or, without it, by their words alone. */
function isRevert(error: unknown): boolean {
  if (!(error instanceof BaseError)) return false;
  const reverted = error.walk(
    (cause) =>
      cause instanceof ExecutionRevertedError || (cause instanceof RpcRequestError && cause.code === 3),
  );
  return reverted !== null || /revert/i.test(reasonOf(error));
}

function addressBytes(address: string): Uint8Array {
  const bytes = hexToBytes(address.slice(2), 20);
  if (bytes === undefined)
    throw new AppError('config-invalid', `${address} is no address; its proof has none.`);
  return bytes;
}
