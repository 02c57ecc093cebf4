import { describe, expect, it } from '@jest/globals';
import type { RpcClient } from '@touchstone/nats';
import { keccak256 } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import type { EvmNode } from '../evm/evm-node.js';
import type { EvmSettlementChain } from '../evm/evm-settlement-chain.js';
import { SignerRelayerKey } from './signer-relayer-key.js';

const CHAIN_ID = 8453;
const call = { to: `0x${'aa'.repeat(20)}`, data: '0xaabbccdd', gas: 60_000n } as const;
const present = privateKeyToAccount(`0x${'11'.repeat(32)}`);
const next = privateKeyToAccount(`0x${'22'.repeat(32)}`);

/** The RPCs of signers whose settlement keys are given by the test, and a node that always has enough of everything. */
function given() {
  let told = present;
  let signing = present;
  let change = (answer: { rawTransaction: string; hash: string; from: string }) => answer;
  const rpc = {
    call: async (_service: string, verb: string) => {
      if (verb === 'key-set') return { addresses: { settlement: told.address.toLowerCase() } };
      const rawTransaction = await signing.signTransaction({
        chainId: CHAIN_ID,
        to: call.to,
        data: call.data,
        gas: call.gas,
        nonce: 7,
        maxFeePerGas: 1n,
        maxPriorityFeePerGas: 1n,
      });
      const from = signing.address.toLowerCase();
      return change({ rawTransaction, hash: keccak256(rawTransaction), from });
    },
  } as unknown as RpcClient;
  const node = {
    chainId: CHAIN_ID,
    recentHead: () => Promise.resolve({ maxFeePerGas: 1n, maxPriorityFeePerGas: 1n }),
    ask: (work: () => Promise<bigint>) => work(),
    client: { getBalance: () => Promise.resolve(10n ** 18n) },
  } as unknown as EvmNode;
  return {
    key: new SignerRelayerKey(rpc, node, {} as EvmSettlementChain),
    rotate: () => void ([told, signing] = [next, next]),
    answer: (alter: typeof change) => void (change = alter),
  };
}

describe('the settlement key behind the signer', () => {
  it('signs with the account whose nonce was taken, and the hash is that of the bytes', async () => {
    const { key } = given();
    expect(await key.account()).toBe(present.address.toLowerCase());
    const { hash, raw } = await key.sign(call, 7, await key.account());
    expect(hash).toBe(keccak256(raw));
  });

  it('takes no transaction of another account, whose nonces are others, and then asks who signs now', async () => {
    const { key, rotate } = given();
    const before = await key.account();
    rotate();
    await expect(key.sign(call, 7, before)).rejects.toMatchObject({
      code: 'dependency-unavailable',
      message: expect.stringContaining(next.address.toLowerCase()),
    });
    expect(await key.account()).toBe(next.address.toLowerCase());
    // A payment that took its nonce before the change, and waited.
    await expect(key.sign(call, 7, before)).rejects.toMatchObject({ code: 'dependency-unavailable' });
    await expect(key.sign(call, 7, await key.account())).resolves.toMatchObject({ raw: expect.any(String) });
  });

  it('does not believe a hash, by which the chain would be asked for a payment for ever', async () => {
    const { key, answer } = given();
    answer((signed) => ({ ...signed, hash: `0x${'00'.repeat(32)}` }));
    const account = await key.account();
    await expect(key.sign(call, 7, account)).rejects.toMatchObject({ code: 'dependency-unavailable' });
  });
});
