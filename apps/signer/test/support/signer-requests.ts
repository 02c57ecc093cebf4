import { encodeFunctionData, type Hex } from 'viem';
import type { RpcRequest } from '@touchstone/contracts';
import { bytesToHex } from '@touchstone/crypto';
import { anchorRegistry } from '@touchstone/evm-contracts';
import { testUsdc } from '@touchstone/evm-contracts/test-token';
import { buildTree, consistencyProof, leafHash } from '@touchstone/merkle';
import { ANCHOR_CONTRACT, ASSET, CHAIN_ID, ORIGIN } from './signer-fixture.js';

/** What an output is signed over. */
export const payload = {
  modelVersionId: '01'.repeat(32),
  inputHash: '02'.repeat(32),
  outputHash: '03'.repeat(32),
  nonce: '04'.repeat(32),
  // A minute ahead, as a clock may be: after the publication of any key that a spec has made.
  timestamp: Math.floor(Date.now() / 1_000) + 60,
};

/** The log of the tests. */
export const leaves = Array.from({ length: 20 }, (_, index) => leafHash(Uint8Array.of(index)));

/** Asks for the checkpoint of a size that extends another. */
export function checkpoint(size: number, fromSize: number): RpcRequest<'signer', 'sign-checkpoint'> {
  const proof = fromSize === 0 ? [] : consistencyProof(leaves.slice(0, size), fromSize);
  return {
    origin: ORIGIN,
    size: String(size),
    root: bytesToHex(buildTree(leaves.slice(0, size)).root),
    consistency: { fromSize: String(fromSize), proof: proof.map(bytesToHex) },
  };
}

/** A transaction that anchors. */
export function anchorTransaction(
  change: { chainId?: number; to?: string; value?: string } = {},
): RpcRequest<'signer', 'sign-transaction'> {
  const data = encodeFunctionData({
    abi: anchorRegistry.abi,
    functionName: 'anchor',
    args: [`0x${'ab'.repeat(32)}`, 3n],
  });
  return { key: 'anchor', transaction: { ...transaction(ANCHOR_CONTRACT, data), ...change } };
}

/** A transaction that settles a payment. */
export function settlementTransaction(): RpcRequest<'signer', 'sign-transaction'> {
  const data = encodeFunctionData({
    abi: testUsdc.abi,
    functionName: 'transferWithAuthorization',
    args: [ANCHOR_CONTRACT as Hex, ASSET as Hex, 1n, 0n, 2n, `0x${'cd'.repeat(32)}`, '0x00'],
  });
  return { key: 'settlement', transaction: transaction(ASSET, data) };
}

function transaction(to: string, data: string) {
  return {
    chainId: CHAIN_ID,
    nonce: 0,
    to,
    value: '0',
    data,
    gas: '100000',
    maxFeePerGas: '2000000000',
    maxPriorityFeePerGas: '1000000',
  };
}
