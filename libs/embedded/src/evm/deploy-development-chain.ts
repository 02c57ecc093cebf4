import { AppError } from '@touchstone/contracts';
import { anchorRegistry, canonicalAddresses, multicall3 } from '@touchstone/evm-contracts';
import { testUsdc } from '@touchstone/evm-contracts/test-token';
import {
  decodeFunctionResult,
  encodeFunctionData,
  getContractAddress,
  zeroAddress,
  zeroHash,
  type Hex,
} from 'viem';
import { DEVELOPMENT_CHAIN_ID, developmentToken } from './development-chain.js';
import { callRpc } from './json-rpc.js';

/** Where a development chain has its contracts, in lower case. */
export interface DevelopmentContracts {
  readonly usdc: Hex;
  readonly anchorRegistry: Hex;
  readonly multicall3: Hex;
}

/** Who gets what: the submitters pay gas in ETH; the payer pays for inferences in USDC, and gas where he transfers himself. */
export interface FundedAddresses {
  readonly anchorSubmitter: Hex;
  readonly settlementSubmitter: Hex;
  readonly payer: Hex;
}

/** The deterministic deployment proxy that anvil has from its first block, as public chains do (EIP-2470's peer). */
const CREATE2_DEPLOYER = '0x4e59b44847b379578588920ca78fbf26c0b4956c';
const RECEIPT_TIMEOUT_MS = 10_000;
const ONE_ETHER = 10n ** 18n;
const SUBMITTER_MIN = ONE_ETHER;
const SUBMITTER_FUNDS = 100n * ONE_ETHER;
/** USDC has six decimals. */
const PAYER_MIN = 100n * 10n ** 6n;
const PAYER_FUNDS = 10_000n * 10n ** 6n;

interface Transaction {
  readonly to: Hex;
  readonly data?: Hex;
  readonly value?: Hex;
}

const toHex = (value: bigint): Hex => `0x${value.toString(16)}`;

/** Sends from anvil's first unlocked account and insists on success; anvil mines it at once. */
async function send(rpcUrl: string, transaction: Transaction): Promise<void> {
  const [from] = await callRpc<Hex[]>(rpcUrl, 'eth_accounts');
  const hash = await callRpc<Hex>(rpcUrl, 'eth_sendTransaction', [{ from, ...transaction }]);
  const receipt = await waitForReceipt(rpcUrl, hash);
  if (receipt?.status !== '0x1') {
    const what = receipt === null ? 'did not mine' : 'refused';
    throw new AppError(
      'dependency-unavailable',
      `The development chain ${what} a transaction to ${transaction.to}.`,
    );
  }
}

/** anvil answers with the hash before it mines; the receipt is there a few milliseconds later. */
async function waitForReceipt(rpcUrl: string, hash: Hex): Promise<{ readonly status: Hex } | null> {
  const deadline = Date.now() + RECEIPT_TIMEOUT_MS;
  for (;;) {
    const receipt = await callRpc<{ status: Hex } | null>(rpcUrl, 'eth_getTransactionReceipt', [hash]);
    if (receipt !== null || Date.now() > deadline) return receipt;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const hasCode = async (rpcUrl: string, address: Hex): Promise<boolean> =>
  (await callRpc<Hex>(rpcUrl, 'eth_getCode', [address, 'latest'])) !== '0x';

async function ensureCode(rpcUrl: string, address: Hex, code: Hex): Promise<void> {
  if (!(await hasCode(rpcUrl, address))) await callRpc(rpcUrl, 'anvil_setCode', [address, code]);
}

async function ensureUsdc(rpcUrl: string, usdc: Hex, name: string, version: string): Promise<void> {
  await ensureCode(rpcUrl, usdc, testUsdc.deployedBytecode);
  const data = encodeFunctionData({ abi: testUsdc.abi, functionName: 'minter' });
  const answer = await callRpc<Hex>(rpcUrl, 'eth_call', [{ to: usdc, data }, 'latest']);
  const minter = decodeFunctionResult({ abi: testUsdc.abi, functionName: 'minter', data: answer });
  if (minter !== zeroAddress) return;
  await send(rpcUrl, {
    to: usdc,
    data: encodeFunctionData({ abi: testUsdc.abi, functionName: 'initialize', args: [name, version] }),
  });
}

async function ensureUsdcBalance(rpcUrl: string, usdc: Hex, owner: Hex): Promise<void> {
  const data = encodeFunctionData({ abi: testUsdc.abi, functionName: 'balanceOf', args: [owner] });
  const answer = await callRpc<Hex>(rpcUrl, 'eth_call', [{ to: usdc, data }, 'latest']);
  const balance = BigInt(answer);
  if (balance >= PAYER_MIN) return;
  await send(rpcUrl, {
    to: usdc,
    data: encodeFunctionData({
      abi: testUsdc.abi,
      functionName: 'mint',
      args: [owner, PAYER_FUNDS - balance],
    }),
  });
}

async function ensureEther(rpcUrl: string, owner: Hex): Promise<void> {
  const balance = BigInt(await callRpc<Hex>(rpcUrl, 'eth_getBalance', [owner, 'latest']));
  if (balance >= SUBMITTER_MIN) return;
  await send(rpcUrl, { to: owner, value: toHex(SUBMITTER_FUNDS - balance) });
}

async function ensureAnchorRegistry(rpcUrl: string): Promise<Hex> {
  const bytecode: Hex = anchorRegistry.bytecode;
  const address = getContractAddress({ opcode: 'CREATE2', from: CREATE2_DEPLOYER, salt: zeroHash, bytecode });
  if (!(await hasCode(rpcUrl, address))) {
    await send(rpcUrl, { to: CREATE2_DEPLOYER, data: `${zeroHash}${bytecode.slice(2)}` });
  }
  return address.toLowerCase() as Hex;
}

/**
 * Prepares a development chain: the stand-in for USDC and Multicall3 at their canonical addresses, the anchor
 * registry at an address that follows from its bytecode, ETH and USDC for those who pay. Running it again changes
 * nothing but empty purses.
 */
export async function deployDevelopmentChain(
  rpcUrl: string,
  funded: FundedAddresses,
): Promise<DevelopmentContracts> {
  const chainId = Number(await callRpc<Hex>(rpcUrl, 'eth_chainId'));
  if (chainId !== DEVELOPMENT_CHAIN_ID) {
    throw new AppError(
      'config-invalid',
      `The development token goes on chain ${DEVELOPMENT_CHAIN_ID} alone, where a signature is worth nothing; this is chain ${chainId}.`,
    );
  }
  const usdc = developmentToken;
  await ensureUsdc(rpcUrl, usdc.address, usdc.name, usdc.version);
  await ensureCode(rpcUrl, canonicalAddresses.multicall3, multicall3.deployedBytecode);
  const registry = await ensureAnchorRegistry(rpcUrl);
  await ensureEther(rpcUrl, funded.anchorSubmitter);
  await ensureEther(rpcUrl, funded.settlementSubmitter);
  // Needed for transfers of his own alone; an authorisation costs its payer no gas.
  await ensureEther(rpcUrl, funded.payer);
  await ensureUsdcBalance(rpcUrl, usdc.address, funded.payer);
  return {
    usdc: usdc.address.toLowerCase() as Hex,
    anchorRegistry: registry,
    multicall3: canonicalAddresses.multicall3.toLowerCase() as Hex,
  };
}
