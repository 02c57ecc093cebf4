import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import { anchorRegistry } from '@touchstone/evm-contracts';
import { testUsdc } from '@touchstone/evm-contracts/test-token';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startTestAnvil, waitUntil } from '@touchstone/testing';
import { decodeFunctionResult, encodeFunctionData, type Hex } from 'viem';
import { callRpc, deployDevelopmentChain, freePort, startAnvil, startNats } from '../src/index.js';

const user = {
  user: 'a',
  password: 'right',
  permissions: { publish: ['a.>'], subscribe: ['_INBOX_a.>'], answers: false },
};
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

  const commitmentOf = (size: number): Hex => `0x${size.toString(16).padStart(64, '0')}`;

  /** Anchors a commitment that belongs to the size; gives the number of its block. */
  async function anchor(rpcUrl: string, contract: string, size: number): Promise<number> {
    const [from] = await callRpc<string[]>(rpcUrl, 'eth_accounts');
    const args = [commitmentOf(size), BigInt(size)] as const;
    const data = encodeFunctionData({ abi: anchorRegistry.abi, functionName: 'anchor', args });
    const hash = await callRpc<string>(rpcUrl, 'eth_sendTransaction', [{ from, to: contract, data }]);
    const receipt = await waitUntil(() =>
      callRpc<{ blockNumber: string; status: string } | null>(rpcUrl, 'eth_getTransactionReceipt', [hash]),
    );
    expect(receipt?.status).toBe('0x1');
    return Number(receipt?.blockNumber);
  }

  /** Whether a commitment is recorded at the final block, and the node can prove what it says about that block. */
  async function isProven(rpcUrl: string, contract: string, size: number): Promise<boolean> {
    const [from] = await callRpc<Hex[]>(rpcUrl, 'eth_accounts');
    await callRpc(rpcUrl, 'eth_getProof', [contract, [commitmentOf(0)], 'finalized']);
    const args = [from as Hex, commitmentOf(size)] as const;
    const data = encodeFunctionData({ abi: anchorRegistry.abi, functionName: 'anchoredAt', args });
    const answer = await callRpc<string>(rpcUrl, 'eth_call', [{ to: contract, data }, 'finalized']);
    return BigInt(answer.slice(0, 66)) > 0n;
  }

  /** The newest block that the state file holds; −1 while it cannot be read. */
  function stateHeight(stateFile: string): number {
    try {
      const { best_block_number } = JSON.parse(readFileSync(stateFile, 'utf8')) as {
        best_block_number: number | string;
      };
      return Number(best_block_number);
    } catch {
      return -1;
    }
  }

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

    expect(contracts.usdc).toBe('0x036cbd53842c5426634e7929541ec2318f3dcf7e');
    const code = await callRpc<string>(anvil.rpcUrl, 'eth_getCode', [contracts.anchorRegistry, 'latest']);
    expect(code).toBe(anchorRegistry.deployedBytecode);
    const call = (functionName: 'name' | 'version') =>
      callRpc<`0x${string}`>(anvil.rpcUrl, 'eth_call', [
        { to: contracts.usdc, data: encodeFunctionData({ abi: testUsdc.abi, functionName }) },
        'latest',
      ]);
    const name = await call('name');
    expect(decodeFunctionResult({ abi: testUsdc.abi, functionName: 'name', data: name })).toBe('USDC');
    const ether = await callRpc<string>(anvil.rpcUrl, 'eth_getBalance', [funded.anchorSubmitter, 'latest']);
    expect(BigInt(ether)).toBe(100n * 10n ** 18n);
    await anvil.stop();
  });

  it('is the only chain that gets the token', async () => {
    const anvil = await startTestAnvil({ chainId: 31_337 });
    await expect(deployDevelopmentChain(anvil.rpcUrl, funded)).rejects.toMatchObject({
      code: 'config-invalid',
    });
    await anvil.stop();
  });

  it('answers no web page unless that is asked for', async () => {
    const [origin, body] = ['https://page.example', '{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}'];
    const [closed, open] = await Promise.all([startTestAnvil(), startTestAnvil({ cors: true })]);
    const allowed = async (rpcUrl: string) => {
      const headers = { origin, 'access-control-request-method': 'POST' };
      const preflight = await fetch(rpcUrl, { method: 'OPTIONS', headers });
      const ask = { method: 'POST', headers: { origin, 'content-type': 'application/json' }, body };
      const answers = [preflight, await fetch(rpcUrl, ask)];
      return answers.map((answer) => answer.headers.get('access-control-allow-origin'));
    };
    expect(await allowed(closed.rpcUrl)).toEqual([null, null]);
    expect(await allowed(open.rpcUrl)).toEqual(['*', '*']);
    await Promise.all([closed.stop(), open.stop()]);
  });

  it('proves what stands in it after it was stopped', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'touchstone-anvil-'));
    const stateFile = join(folder, 'state.json');
    const first = await startAnvil({ stateFile });
    const { anchorRegistry: contract } = await deployDevelopmentChain(first.rpcUrl, funded);
    await anchor(first.rpcUrl, contract, 1);
    await first.stop();
    const second = await startAnvil({ stateFile });
    expect(await isProven(second.rpcUrl, contract, 1)).toBe(true);
    await second.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('survives a kill with all but the last blocks, and goes on', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'touchstone-anvil-'));
    const [stateFile, pidFile] = [join(folder, 'state.json'), join(folder, 'anvil.json')];
    const first = await startAnvil({ stateFile, pidFile });
    const { anchorRegistry: contract } = await deployDevelopmentChain(first.rpcUrl, funded);
    const kept = await anchor(first.rpcUrl, contract, 1);
    await waitUntil(async () => stateHeight(stateFile) >= kept, 20_000, 'the state file');
    await anchor(first.rpcUrl, contract, 2);
    process.kill((JSON.parse(readFileSync(pidFile, 'utf8')) as { pid: number }).pid, 'SIGKILL');
    await first.exited;
    const second = await startAnvil({ stateFile, pidFile });
    expect(await isProven(second.rpcUrl, contract, 1)).toBe(true);
    // What was lost is sent again, as a service does that finds no receipt.
    const again = await anchor(second.rpcUrl, contract, 2);
    await waitUntil(async () => (await blockNumber(second.rpcUrl, 'finalized')) >= again, 5_000, 'finality');
    expect(await isProven(second.rpcUrl, contract, 2)).toBe(true);
    await second.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('writes a file that grows with the chain and not with its square', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'touchstone-anvil-'));
    const sizeAfter = async (count: number): Promise<number> => {
      const stateFile = join(folder, `${count}.json`);
      const anvil = await startAnvil({ stateFile });
      const { anchorRegistry: contract } = await deployDevelopmentChain(anvil.rpcUrl, funded);
      for (let size = 1; size <= count; size += 1) await anchor(anvil.rpcUrl, contract, size);
      await anvil.stop();
      return statSync(stateFile).size;
    };
    const [small, large] = [await sizeAfter(30), await sizeAfter(240)];
    expect(large / small).toBeLessThan(8);
    rmSync(folder, { recursive: true, force: true });
  });

  it('takes no chain of somebody else for its own who was faster at the port', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'touchstone-anvil-'));
    let other: Awaited<ReturnType<typeof startTestAnvil>> | undefined;
    const anvil = await startAnvil({
      stateFile: join(folder, 'state.json'),
      port: await freePort(),
      acceptPort: async (port) => {
        other ??= await startTestAnvil({ port });
        return true;
      },
    });
    expect(anvil.port).not.toBe(other?.port);
    await anvil.stop();
    await other?.stop();
    rmSync(folder, { recursive: true, force: true });
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
