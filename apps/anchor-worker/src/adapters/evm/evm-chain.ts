import { AppError } from '@touchstone/contracts';
import { hexToBytes } from '@touchstone/crypto';
import {
  anchorStorageSlot,
  evmAnchorProofFromRpc,
  parseEvmAnchorProof,
  verifyEvmAnchor,
} from '@touchstone/chain-proofs';
import { readRpc, rpcQuantity, type ChainHead, type EvmNode, type LaneChain } from '@touchstone/evm';
import { anchorRegistry } from '@touchstone/evm-contracts';
import { encodeFunctionData, toHex } from 'viem';
import type { AnchorChain, ChainProof } from '../../domain/anchor/anchor-ports.js';

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

  head(): Promise<ChainHead> {
    return this.lane.head();
  }

  anchorData(commitment: Uint8Array, size: bigint): string {
    return encodeFunctionData({ abi, functionName: 'anchor', args: [toHex(commitment), size] });
  }

  async estimateGas(from: string, data: string): Promise<bigint> {
    const method = 'eth_estimateGas';
    await this.node.assertChain();
    return readRpc(rpcQuantity, await this.node.raw(method, [{ from, to: this.contract, data }]), method);
  }

  /** The node is not believed: header and proof are verified as a reader of the evidence will do it. */
  async prove(blockNumber: bigint, submitter: string, commitment: Uint8Array): Promise<ChainProof> {
    const tag = toHex(blockNumber);
    const contract = addressBytes(this.contract);
    const payer = addressBytes(submitter);
    const slot = toHex(anchorStorageSlot(payer, commitment));
    const [block, accountProof] = await Promise.all([
      this.node.raw('eth_getBlockByNumber', [tag, false]),
      this.node.raw('eth_getProof', [this.contract, [slot], tag]),
    ]);
    const collected = evmAnchorProofFromRpc(block, accountProof);
    if (!collected.ok) throw unavailable(collected.reason);
    const parsed = parseEvmAnchorProof(collected.proof);
    const verified = parsed.ok
      ? verifyEvmAnchor({ ...parsed.proof, contract, submitter: payer, commitment })
      : parsed;
    if (!verified.ok) {
      const { check, expected, actual } = verified;
      throw unavailable(`the proof fails at ${check}: expected ${expected}, got ${actual}`);
    }
    if (verified.header.number !== blockNumber)
      throw unavailable(`block ${verified.header.number} was given for ${blockNumber}`);
    return { proof: collected.proof, recordedIn: verified.anchoredAt };
  }
}

function unavailable(reason: string): AppError {
  return new AppError('dependency-unavailable', `The chain node cannot be used: ${reason}`);
}

function addressBytes(address: string): Uint8Array {
  const bytes = hexToBytes(address.slice(2), 20);
  if (bytes === undefined)
    throw new AppError('config-invalid', `${address} is no address; its proof has none.`);
  return bytes;
}
