import { createRequire } from 'node:module';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestAnvil } from '@touchstone/testing';
import { createTestClient, http, publicActions, walletActions, type Abi, type Address, type Hex } from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { foundry } from 'viem/chains';
import { TimeBudget } from '../src/domain/time-budget.js';
import { createProver } from '../src/prover.js';
import { tinyFile } from './support/tiny-job.js';

/** EIP-197: two pairings of four points, 45 000 + 4 · 34 000 gas, and EIP-1108: 6 150 for each signal. */
const PAIRING_GAS = 181_000n;

/** Takes a statement only with its proof, as a contract of somebody would. */
const GATE = `// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.0;
import "Verifier.sol";
contract Gate is Groth16Verifier {
  uint256 public taken;
  function take(uint256[2] calldata a, uint256[2][2] calldata b, uint256[2] calldata c, uint256[4] calldata s) external {
    require(this.verifyProof(a, b, c, s), "not proved");
    taken = s[2];
  }
}`;

interface Proof {
  readonly pi_a: string[];
  readonly pi_b: string[][];
  readonly pi_c: string[];
}

const account = mnemonicToAccount('test test test test test test test test test test test junk');
let anvil: Awaited<ReturnType<typeof startTestAnvil>>;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'touchstone-solidity-'));
  anvil = await startTestAnvil();
});
afterAll(async () => {
  await anvil.stop();
  await rm(folder, { recursive: true, force: true });
});

function compile(verifier: string): { abi: Abi; bytecode: Hex } {
  const solc = createRequire(import.meta.url)('solc') as { compile(input: string): string };
  const input = {
    language: 'Solidity',
    sources: { 'Verifier.sol': { content: verifier }, 'Gate.sol': { content: GATE } },
    settings: {
      optimizer: { enabled: true, runs: 200 },
      evmVersion: 'paris',
      outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } },
    },
  };
  const { contracts, errors = [] } = JSON.parse(solc.compile(JSON.stringify(input)));
  expect(errors.filter(({ severity }: { severity: string }) => severity === 'error')).toEqual([]);
  const { abi, evm } = contracts['Gate.sol'].Gate;
  return { abi, bytecode: `0x${evm.bytecode.object}` };
}

/** The pairing of EIP-197 has the halves of a coordinate of G2 the other way round. */
function argumentsOf({ pi_a, pi_b, pi_c }: Proof, signals: readonly bigint[]) {
  const numbers = (texts: readonly string[]) => texts.slice(0, 2).map(BigInt);
  return [numbers(pi_a), pi_b.slice(0, 2).map((half) => numbers(half).reverse()), numbers(pi_c), signals];
}

describe('the verifier of a key on a chain', () => {
  it('takes the proof of a run and reverts at every other statement', async () => {
    const { setUp } = createProver({});
    const to = join(folder, 'Verifier.sol');
    await setUp.exportSolidity({ key: tinyFile('proving-key.zkey'), to }, new TimeBudget(60_000));
    const { abi, bytecode } = compile(await readFile(to, 'utf8'));
    const chain = { ...foundry, id: anvil.chainId };
    const client = createTestClient({ mode: 'anvil', account, chain, transport: http(anvil.rpcUrl) })
      .extend(publicActions)
      .extend(walletActions);
    const deployment = await client.waitForTransactionReceipt({
      hash: await client.deployContract({ abi, bytecode }),
    });
    const address = deployment.contractAddress as Address;

    const proof = JSON.parse(await readFile(tinyFile('proof.json'), 'utf8')) as Proof;
    const signals = [200n, 30n, 141n, BigInt(`0x${'ab'.repeat(31)}`)];
    const call = { address, abi, functionName: 'take' } as const;
    const hash = await client.writeContract({ ...call, args: argumentsOf(proof, signals) });
    const { status, gasUsed } = await client.waitForTransactionReceipt({ hash });
    expect(status).toBe('success');
    expect(await client.readContract({ address, abi, functionName: 'taken' })).toBe(141n);
    process.stdout.write(`verification of 4 public signals on chain: ${gasUsed} gas\n`);
    expect(gasUsed).toBeGreaterThan(PAIRING_GAS);
    expect(gasUsed).toBeLessThan(2n * PAIRING_GAS);

    const order =
      21_888_242_871_839_275_222_246_405_745_257_275_088_548_364_400_416_034_343_698_204_186_575_808_495_617n;
    for (const [at, value] of [
      [0, 201n],
      [1, 31n],
      [2, 142n],
      [3, 1n],
      [2, 141n + order],
    ] as const) {
      const args = argumentsOf(proof, signals.with(at, value));
      await expect(client.simulateContract({ ...call, args })).rejects.toThrow('not proved');
    }
    const swapped = argumentsOf({ ...proof, pi_a: proof.pi_c, pi_c: proof.pi_a }, signals);
    await expect(client.simulateContract({ ...call, args: swapped })).rejects.toThrow('not proved');
  }, 120_000);
});
