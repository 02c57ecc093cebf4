import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { describe } from '@jest/globals';
import {
  createTestClient,
  http,
  publicActions,
  walletActions,
  type Abi,
  type Address,
  type Client,
  type Hex,
  type HttpTransport,
  type PublicActions,
  type TestActions,
  type WalletActions,
} from 'viem';
import { mnemonicToAccount, type HDAccount } from 'viem/accounts';
import { baseSepolia } from 'viem/chains';

/** The phrase that anvil derives its funded accounts from; public, and worth nothing anywhere else. */
const DEVELOPMENT_PHRASE = 'test test test test test test test test test test test junk';
const START_BUDGET_MS = 15_000;

function findAnvil(): string | undefined {
  try {
    return createRequire(import.meta.url).resolve('@foundry-rs/anvil-linux-amd64/bin/anvil');
  } catch {
    return undefined;
  }
}

const binary = findAnvil();
if (binary === undefined) {
  const message = 'anvil is not installed (an optional dependency for linux-x64): contract tests did not run';
  if (process.env['CI']) throw new Error(message);
  console.warn(message);
}

/** `describe`, or a reported skip where anvil has no binary for the platform. */
export const describeWithAnvil: typeof describe.skip = binary === undefined ? describe.skip : describe;

/** A development account by its index; each is funded with ether. */
export function developmentAccount(addressIndex: number): HDAccount {
  return mnemonicToAccount(DEVELOPMENT_PHRASE, { addressIndex });
}

/** A client of the running chain that reads, writes as account 0 and steers the chain. */
export type AnvilClient = Client<HttpTransport, typeof baseSepolia, HDAccount> &
  TestActions &
  PublicActions<HttpTransport, typeof baseSepolia, HDAccount> &
  WalletActions<typeof baseSepolia, HDAccount>;

function connect(url: string): AnvilClient {
  return createTestClient({
    mode: 'anvil',
    account: developmentAccount(0),
    chain: baseSepolia,
    transport: http(url),
    pollingInterval: 20,
    cacheTime: 0,
  })
    .extend(publicActions)
    .extend(walletActions);
}

/** Makes a raw JSON-RPC call, which viem neither types nor reformats. */
export function rpc(client: AnvilClient, method: string, params: readonly unknown[]): Promise<unknown> {
  return client.request({ method, params } as never) as Promise<unknown>;
}

/** Starts a chain with Base Sepolia's id on a free port; `stop` ends exactly that process. */
export async function startAnvil(
  ...options: string[]
): Promise<{ client: AnvilClient; stop: () => Promise<void> }> {
  const fixed = ['--host', '127.0.0.1', '--port', '0', '--chain-id', '84532', '--slots-in-an-epoch', '1'];
  const child = spawn(binary as string, [...fixed, ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('anvil did not start in time')), START_BUDGET_MS);
    let output = '';
    child.once('error', reject);
    child.stdout.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-4096);
      const address = /Listening on (127\.0\.0\.1:\d+)/.exec(output)?.[1];
      if (address === undefined) return;
      clearTimeout(timer);
      resolve(`http://${address}`);
    });
  });
  const stop = async () => {
    child.kill('SIGTERM');
    await exited;
  };
  return { client: connect(url), stop };
}

/** Deploys a contract from account 0 and answers its address. */
export async function deploy(client: AnvilClient, abi: Abi, bytecode: Hex): Promise<Address> {
  const hash = await client.deployContract({ abi, bytecode, args: [] });
  const { contractAddress } = await client.waitForTransactionReceipt({ hash });
  return contractAddress as Address;
}
