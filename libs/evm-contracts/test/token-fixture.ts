import { canonicalAddresses } from '@touchstone/evm-contracts';
import { testUsdc } from '@touchstone/evm-contracts/test-token';
import { keccak256, parseSignature, toHex, type Address, type Hex } from 'viem';
import { developmentAccount, type AnvilClient } from './anvil.js';

/** The address at which the x402 packages look for USDC on Base Sepolia. */
export const tokenAddress = canonicalAddresses.usdc[84532].address;

/** Account 1 pays; account 2 is paid; account 0 sends the transactions, as a facilitator does. */
export const payer = developmentAccount(1);
export const payee = developmentAccount(2).address;

const domain = { name: 'USDC', version: '2', chainId: 84_532, verifyingContract: tokenAddress } as const;
const transferFields = [
  { name: 'from', type: 'address' },
  { name: 'to', type: 'address' },
  { name: 'value', type: 'uint256' },
  { name: 'validAfter', type: 'uint256' },
  { name: 'validBefore', type: 'uint256' },
  { name: 'nonce', type: 'bytes32' },
] as const;
const types = {
  TransferWithAuthorization: transferFields,
  ReceiveWithAuthorization: transferFields,
  CancelAuthorization: [
    { name: 'authorizer', type: 'address' },
    { name: 'nonce', type: 'bytes32' },
  ],
  Permit: [
    { name: 'owner', type: 'address' },
    { name: 'spender', type: 'address' },
    { name: 'value', type: 'uint256' },
    { name: 'nonce', type: 'uint256' },
    { name: 'deadline', type: 'uint256' },
  ],
} as const;

export interface Authorization {
  readonly from: Address;
  readonly to: Address;
  readonly value: bigint;
  readonly validAfter: bigint;
  readonly validBefore: bigint;
  readonly nonce: Hex;
}

/** Puts the token at its canonical address, initialises it and gives the payer 10 USDC. */
export async function placeToken(client: AnvilClient): Promise<void> {
  await client.setCode({ address: tokenAddress, bytecode: testUsdc.deployedBytecode });
  const token = { address: tokenAddress, abi: testUsdc.abi } as const;
  const initialize = { ...token, functionName: 'initialize', args: ['USDC', '2'] } as const;
  await client.waitForTransactionReceipt({ hash: await client.writeContract(initialize) });
  const mint = { ...token, functionName: 'mint', args: [payer.address, 10_000_000n] } as const;
  await client.waitForTransactionReceipt({ hash: await client.writeContract(mint) });
}

/** An authorisation of 0.25 USDC that is valid now, under a nonce of its own. */
export function authorizationOf(label: string, changes: Partial<Authorization> = {}): Authorization {
  const validBefore = 2n ** 40n;
  const nonce = keccak256(toHex(label));
  return { from: payer.address, to: payee, value: 250_000n, validAfter: 0n, validBefore, nonce, ...changes };
}

export function signTransfer(message: Authorization, account = payer, name = 'USDC'): Promise<Hex> {
  return account.signTypedData({
    domain: { ...domain, name },
    types,
    primaryType: 'TransferWithAuthorization',
    message,
  });
}

export function signReceive(message: Authorization): Promise<Hex> {
  return payer.signTypedData({ domain, types, primaryType: 'ReceiveWithAuthorization', message });
}

export function signCancel(nonce: Hex): Promise<Hex> {
  const message = { authorizer: payer.address, nonce };
  return payer.signTypedData({ domain, types, primaryType: 'CancelAuthorization', message });
}

export function signPermit(spender: Address, value: bigint, nonce: bigint, deadline: bigint): Promise<Hex> {
  const message = { owner: payer.address, spender, value, nonce, deadline };
  return payer.signTypedData({ domain, types, primaryType: 'Permit', message });
}

/** The arguments common to both overloads, in their order. */
export function argumentsOf({ from, to, value, validAfter, validBefore, nonce }: Authorization) {
  return [from, to, value, validAfter, validBefore, nonce] as const;
}

/** Splits a signature as the first overload takes it. */
export function splitSignature(signature: Hex) {
  const { r, s, yParity } = parseSignature(signature);
  return [27 + yParity, r, s] as const;
}
