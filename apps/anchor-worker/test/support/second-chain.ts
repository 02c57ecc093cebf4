import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callRpc, startAnvil, type RunningAnvil } from '@touchstone/embedded';
import { anchorRegistry } from '@touchstone/evm-contracts';
import { SignerDouble, waitUntil } from '@touchstone/testing';
import type { EvmPlace } from './worker-fixture.js';

/** Chain id of the second network of specs. */
export const OTHER_CHAIN_ID = 10;
/** Its name. */
export const OTHER_NETWORK = `eip155:${OTHER_CHAIN_ID}`;

const ONE_ETHER = '0xde0b6b3a7640000';

/** Puts a registry of its own on a chain, and gives ether to the usual anchor key or another. */
export async function deployRegistry(
  url: string,
  payer = new SignerDouble().address('anchor'),
): Promise<string> {
  const [from] = await callRpc<string[]>(url, 'eth_accounts');
  const hash = await callRpc<string>(url, 'eth_sendTransaction', [{ from, data: anchorRegistry.bytecode }]);
  const receipt = await waitUntil(() =>
    callRpc<{ contractAddress: string } | null>(url, 'eth_getTransactionReceipt', [hash]),
  );
  await callRpc(url, 'anvil_setBalance', [payer, ONE_ETHER]);
  return receipt.contractAddress;
}

/** A second chain that can be stopped and goes on where it was. */
export class SecondChain {
  private running: RunningAnvil | undefined;

  private constructor(
    private readonly folder: string,
    private readonly port: number,
    readonly place: EvmPlace,
  ) {}

  static async start(): Promise<SecondChain> {
    const folder = mkdtempSync(join(tmpdir(), 'touchstone-anvil-'));
    const running = await startAnvil({ stateFile: join(folder, 'state.json'), chainId: OTHER_CHAIN_ID });
    const contract = await deployRegistry(running.rpcUrl);
    const place = { network: OTHER_NETWORK, url: running.rpcUrl, contract };
    const chain = new SecondChain(folder, running.port, place);
    chain.running = running;
    return chain;
  }

  /** Ends its node; the chain is kept. */
  async stop(): Promise<void> {
    await this.running?.stop();
    this.running = undefined;
  }

  /** Starts its node again, where it was. */
  async resume(): Promise<void> {
    const stateFile = join(this.folder, 'state.json');
    this.running = await startAnvil({ stateFile, chainId: OTHER_CHAIN_ID, port: this.port });
    if (this.running.port !== this.port) throw new Error(`The port ${this.port} is taken by another.`);
  }

  async close(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
