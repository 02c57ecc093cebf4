import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { canonicalAddresses, multicall3 } from '@touchstone/evm-contracts';
import { testUsdc } from '@touchstone/evm-contracts/test-token';
import { encodeFunctionData, type Hex } from 'viem';
import { describeWithAnvil, developmentAccount, startAnvil, type AnvilClient } from './anvil.js';
import { payer, placeToken, tokenAddress } from './token-fixture.js';

const aggregator = { address: canonicalAddresses.multicall3, abi: multicall3.abi } as const;

describeWithAnvil('Multicall3Subset', () => {
  let client: AnvilClient;
  let stop: () => Promise<void>;

  beforeAll(async () => {
    ({ client, stop } = await startAnvil());
    await placeToken(client);
    await client.setCode({ address: aggregator.address, bytecode: multicall3.deployedBytecode });
  });

  afterAll(() => stop());

  const good: Hex = encodeFunctionData({
    abi: testUsdc.abi,
    functionName: 'balanceOf',
    args: [payer.address],
  });
  const calls = [
    { target: tokenAddress, callData: good },
    { target: tokenAddress, callData: '0xdeadbeef' },
  ] as const;

  it('reports each outcome of tryAggregate, as the payment packages read it', async () => {
    const args = [false, calls] as const;
    const { result } = await client.simulateContract({ ...aggregator, functionName: 'tryAggregate', args });
    expect(result.map(({ success }) => success)).toEqual([true, false]);
    expect(BigInt(result[0]?.returnData ?? '0x')).toBe(10_000_000n);
  });

  it('reverts the whole when a call fails that may not', async () => {
    const required = client.simulateContract({
      ...aggregator,
      functionName: 'tryAggregate',
      args: [true, calls],
    });
    await expect(required).rejects.toThrow('Multicall3: call failed');
    const strict = calls.map((call) => ({ ...call, allowFailure: false }));
    const aggregate = client.simulateContract({ ...aggregator, functionName: 'aggregate3', args: [strict] });
    await expect(aggregate).rejects.toThrow('Multicall3: call failed');
  });

  it('serves viem’s own batching', async () => {
    const read = { address: tokenAddress, abi: testUsdc.abi, functionName: 'balanceOf' } as const;
    const results = await client.multicall({
      contracts: [
        { ...read, args: [payer.address] },
        { ...read, address: developmentAccount(9).address, args: [payer.address] },
      ],
      multicallAddress: aggregator.address,
    });
    expect(results.map(({ status }) => status)).toEqual(['success', 'failure']);
  });

  it('reads a balance in wei', async () => {
    const args = [payer.address] as const;
    const balance = await client.readContract({ ...aggregator, functionName: 'getEthBalance', args });
    expect(balance).toBe(await client.getBalance({ address: payer.address }));
  });
});
