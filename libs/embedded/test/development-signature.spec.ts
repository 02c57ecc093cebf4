import { canonicalAddresses } from '@touchstone/evm-contracts';
import { testUsdc } from '@touchstone/evm-contracts/test-token';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestAnvil } from '@touchstone/testing';
import {
  createTestClient,
  http,
  publicActions,
  verifyTypedData,
  walletActions,
  zeroHash,
  type Address,
  type Hex,
} from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { callRpc, deployDevelopmentChain, type RunningAnvil } from '../src/index.js';

const types = {
  TransferWithAuthorization: [
    { name: 'from', type: 'address' },
    { name: 'to', type: 'address' },
    { name: 'value', type: 'uint256' },
    { name: 'validAfter', type: 'uint256' },
    { name: 'validBefore', type: 'uint256' },
    { name: 'nonce', type: 'bytes32' },
  ],
} as const;
const primaryType = 'TransferWithAuthorization';
const BASE_CHAIN_ID = 8453;
const base = canonicalAddresses.usdc[BASE_CHAIN_ID];
const payer = privateKeyToAccount(generatePrivateKey());
const message = {
  from: payer.address,
  to: `0x${'7a'.repeat(20)}`,
  value: 10_000n,
  validAfter: 0n,
  validBefore: 2n ** 40n,
  nonce: zeroHash,
} as const;

/** The domain that a chain's token states about itself. */
async function domainOf(rpcUrl: string, token: Address) {
  const client = clientOf(rpcUrl);
  const read = (functionName: 'name' | 'version') =>
    client.readContract({ address: token, abi: testUsdc.abi, functionName });
  return {
    name: await read('name'),
    version: await read('version'),
    chainId: await client.getChainId(),
    verifyingContract: token,
  };
}

const clientOf = (rpcUrl: string) =>
  createTestClient({ mode: 'anvil', transport: http(rpcUrl), pollingInterval: 20, cacheTime: 0 })
    .extend(publicActions)
    .extend(walletActions);

/** Tries to move the payer's tokens by a signature, as whoever has got hold of it. */
function transfer(rpcUrl: string, token: Address, signature: Hex): Promise<unknown> {
  const { from, to, value, validAfter, validBefore, nonce } = message;
  return clientOf(rpcUrl).simulateContract({
    address: token,
    abi: testUsdc.abi,
    functionName: 'transferWithAuthorization',
    args: [from, to, value, validAfter, validBefore, nonce, signature],
  });
}

describe('a payment that is signed for the development chain', () => {
  let development: RunningAnvil;
  let token: Address;
  /** A chain with Base's number and Base's token, on which the payer has money. */
  let likeBase: RunningAnvil;

  beforeAll(async () => {
    [development, likeBase] = await Promise.all([
      startTestAnvil(),
      startTestAnvil({ chainId: BASE_CHAIN_ID }),
    ]);
    const submitter: Hex = `0x${'11'.repeat(20)}`;
    const funded = { anchorSubmitter: submitter, settlementSubmitter: submitter, payer: payer.address };
    token = (await deployDevelopmentChain(development.rpcUrl, funded)).usdc;
    await expect(deployDevelopmentChain(likeBase.rpcUrl, funded)).rejects.toMatchObject({
      code: 'config-invalid',
    });
    const client = clientOf(likeBase.rpcUrl);
    const [account] = await callRpc<Address[]>(likeBase.rpcUrl, 'eth_accounts');
    await client.setCode({ address: base.address, bytecode: testUsdc.deployedBytecode });
    const call = { address: base.address, abi: testUsdc.abi, account: account as Address, chain: null };
    for (const hash of [
      await client.writeContract({ ...call, functionName: 'initialize', args: [base.name, base.version] }),
      await client.writeContract({ ...call, functionName: 'mint', args: [payer.address, 10_000_000n] }),
    ]) {
      expect((await client.waitForTransactionReceipt({ hash })).status).toBe('success');
    }
  }, 60_000);

  afterAll(async () => {
    await Promise.all([development.stop(), likeBase.stop()]);
  });

  it('moves money there and none on Base', async () => {
    const domain = await domainOf(development.rpcUrl, token);
    expect(domain).toMatchObject({ name: 'USDC', version: '2', chainId: 84_532 });
    const signature = await payer.signTypedData({ domain, types, primaryType, message });
    await transfer(development.rpcUrl, token, signature);
    await expect(transfer(likeBase.rpcUrl, base.address, signature)).rejects.toThrow('invalid signature');
  });

  it('does not verify in any part of the domain of Base', async () => {
    const domain = await domainOf(development.rpcUrl, token);
    const onBase = await domainOf(likeBase.rpcUrl, base.address);
    const signature = await payer.signTypedData({ domain, types, primaryType, message });
    const holds = (under: typeof domain) =>
      verifyTypedData({ address: payer.address, domain: under, types, primaryType, message, signature });
    expect(await holds(domain)).toBe(true);
    expect(await holds(onBase)).toBe(false);
    for (const part of ['name', 'chainId', 'verifyingContract'] as const) {
      expect({ part, holds: await holds({ ...domain, [part]: onBase[part] }) }).toEqual({
        part,
        holds: false,
      });
    }
  });

  it('is the other way round too: what is signed for Base moves nothing here', async () => {
    const domain = await domainOf(likeBase.rpcUrl, base.address);
    const signature = await payer.signTypedData({ domain, types, primaryType, message });
    await transfer(likeBase.rpcUrl, base.address, signature);
    await expect(transfer(development.rpcUrl, token, signature)).rejects.toThrow('invalid signature');
  });
});
