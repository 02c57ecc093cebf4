import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import { anchorRegistry, testUsdc } from '@touchstone/evm-contracts';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startTestAnvil, waitUntil } from '@touchstone/testing';
import { decodeFunctionResult, encodeFunctionData } from 'viem';
import { callRpc, deployDevelopmentChain, startAnvil, startNats } from '../src/index.js';

const user = { user: 'a', password: 'right', permissions: { publish: ['a.>'], subscribe: ['_INBOX_a.>'] } };
const blockNumber = async (rpcUrl: string, tag: string): Promise<number> =>
  Number((await callRpc<{ number: string }>(rpcUrl, 'eth_getBlockByNumber', [tag, false])).number);

describe('embedded NATS', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'touchstone-nats-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('lets in whoever knows the password, and nobody else', async () => {
    const server = await startNats({ storeDir: folder, accounts: [{ name: 'A', users: [user] }] });
    const login = (pass: string) => connect({ servers: server.url, user: 'a', pass, reconnect: false });
    await (await login('right')).close();
    await expect(login('wrong')).rejects.toThrow(/authorization violation/i);
    await expect(connect({ servers: server.url, reconnect: false })).rejects.toThrow(
      /authorization violation/i,
    );
    await server.stop();
  });

  it('needs a user', async () => {
    await expect(startNats({ storeDir: folder, accounts: [] })).rejects.toMatchObject({
      code: 'config-invalid',
    });
  });
});

describe('embedded anvil', () => {
  const to = (digit: string): `0x${string}` => `0x${digit.repeat(40)}`;
  const funded = { anchorSubmitter: to('1'), settlementSubmitter: to('2'), payer: to('3') };

  it('makes a transaction final without mining an idle chain', async () => {
    const anvil = await startTestAnvil();
    const [from] = await callRpc<string[]>(anvil.rpcUrl, 'eth_accounts');
    await callRpc(anvil.rpcUrl, 'eth_sendTransaction', [{ from, to: to('4'), value: '0x1' }]);
    await waitUntil(async () => (await blockNumber(anvil.rpcUrl, 'finalized')) === 1, 5_000, 'finality');
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(await blockNumber(anvil.rpcUrl, 'latest')).toBe(3);
    await anvil.stop();
  });

  it('has the contracts at their addresses, the purses filled, and does it once', async () => {
    const anvil = await startTestAnvil();
    const contracts = await deployDevelopmentChain(anvil.rpcUrl, funded);
    const height = await waitUntil(async () => {
      const latest = await blockNumber(anvil.rpcUrl, 'latest');
      return (await blockNumber(anvil.rpcUrl, 'finalized')) === latest - 2 && latest;
    });
    await expect(deployDevelopmentChain(anvil.rpcUrl, funded)).resolves.toEqual(contracts);
    expect(await blockNumber(anvil.rpcUrl, 'latest')).toBeLessThanOrEqual(height + 2);

    expect(contracts.usdc).toBe('0x833589fcd6edb6e08f4c7c32d4f71b54bda02913');
    const code = await callRpc<string>(anvil.rpcUrl, 'eth_getCode', [contracts.anchorRegistry, 'latest']);
    expect(code).toBe(anchorRegistry.deployedBytecode);
    const call = (functionName: 'name' | 'version') =>
      callRpc<`0x${string}`>(anvil.rpcUrl, 'eth_call', [
        { to: contracts.usdc, data: encodeFunctionData({ abi: testUsdc.abi, functionName }) },
        'latest',
      ]);
    const name = await call('name');
    expect(decodeFunctionResult({ abi: testUsdc.abi, functionName: 'name', data: name })).toBe('USD Coin');
    const ether = await callRpc<string>(anvil.rpcUrl, 'eth_getBalance', [funded.anchorSubmitter, 'latest']);
    expect(BigInt(ether)).toBe(100n * 10n ** 18n);
    await anvil.stop();
  });

  it('refuses a chain whose USDC it does not know', async () => {
    const anvil = await startTestAnvil({ chainId: 31_337 });
    await expect(deployDevelopmentChain(anvil.rpcUrl, funded)).rejects.toMatchObject({
      code: 'config-invalid',
    });
    await anvil.stop();
  });

  it('goes on from its state file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'touchstone-anvil-'));
    const stateFile = join(folder, 'state.json');
    const first = await startAnvil({ stateFile });
    const contracts = await deployDevelopmentChain(first.rpcUrl, funded);
    await first.stop();
    const second = await startAnvil({ stateFile });
    const code = await callRpc<string>(second.rpcUrl, 'eth_getCode', [contracts.anchorRegistry, 'latest']);
    expect(code).toBe(anchorRegistry.deployedBytecode);
    await second.stop();
    rmSync(folder, { recursive: true, force: true });
  });
});
