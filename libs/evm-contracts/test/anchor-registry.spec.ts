import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  anchorStorageSlot,
  evmAnchorProofFromRpc,
  parseEvmAnchorProof,
  verifyEvmAnchor,
} from '@touchstone/chain-proofs';
import { anchorRegistry } from '@touchstone/evm-contracts';
import { bytesToHex, hexToBytes, keccak256, type Address, type Hex } from 'viem';
import { deploy, describeWithAnvil, developmentAccount, rpc, startAnvil, type AnvilClient } from './anvil.js';

const commitment = keccak256('0x01');
const submitter = developmentAccount(0);
const abi = anchorRegistry.abi;

describeWithAnvil('AnchorRegistry on a real chain', () => {
  let client: AnvilClient;
  let stop: () => Promise<void>;
  let contract: Address;

  beforeAll(async () => {
    ({ client, stop } = await startAnvil());
    contract = await deploy(client, abi, anchorRegistry.bytecode);
  });

  afterAll(() => stop());

  async function anchor(value: Hex, account = submitter) {
    const hash = await client.writeContract({
      address: contract,
      abi,
      functionName: 'anchor',
      args: [value, 7n],
      account,
    });
    return client.waitForTransactionReceipt({ hash });
  }

  function anchoredAt(value: Hex, account: Address = submitter.address) {
    return client.readContract({
      address: contract,
      abi,
      functionName: 'anchoredAt',
      args: [account, value],
    });
  }

  async function collect(value: Hex, account: Address = submitter.address) {
    const slot = bytesToHex(anchorStorageSlot(hexToBytes(account), hexToBytes(value)));
    const block = (await rpc(client, 'eth_getBlockByNumber', ['finalized', false])) as Record<string, Hex>;
    const answer = await rpc(client, 'eth_getProof', [contract, [slot], block['number']]);
    const collected = evmAnchorProofFromRpc(block, answer);
    if (!collected.ok) throw new Error(collected.reason);
    const parsed = parseEvmAnchorProof(JSON.parse(JSON.stringify(collected.proof)));
    if (!parsed.ok) throw new Error(parsed.expected);
    const target = {
      contract: hexToBytes(contract),
      submitter: hexToBytes(account),
      commitment: hexToBytes(value),
    };
    return { block, result: verifyEvmAnchor({ ...parsed.proof, ...target }) };
  }

  it('records block and time once, and the proof at a later finalised block verifies offline (R-ANCHOR-3)', async () => {
    const receipt = await anchor(commitment);
    const { timestamp } = await client.getBlock({ blockNumber: receipt.blockNumber });
    expect(await anchoredAt(commitment)).toEqual([receipt.blockNumber, timestamp]);
    for (let index = 2; index < 34; index += 1)
      await anchor(keccak256(`0x${index.toString(16).padStart(2, '0')}`));
    await client.mine({ blocks: 4 });
    const { block, result } = await collect(commitment);
    expect(result).toEqual({
      ok: true,
      header: {
        hash: block['hash']?.slice(2),
        number: BigInt(block['number'] as Hex),
        timestamp: BigInt(block['timestamp'] as Hex),
      },
      codeHash: keccak256(anchorRegistry.deployedBytecode).slice(2),
      anchoredAt: { blockNumber: receipt.blockNumber, timestamp },
    });
  });

  it('lets the first write win: a resend succeeds, changes nothing and emits nothing', async () => {
    const value = keccak256('0xaa');
    const first = await anchor(value);
    const before = await anchoredAt(value);
    const second = await anchor(value);
    expect([first.status, first.logs.length, second.status, second.logs.length]).toEqual([
      'success',
      1,
      'success',
      0,
    ]);
    expect(await anchoredAt(value)).toEqual(before);
  });

  it('keeps submitters apart, so that nobody can squat a commitment seen in the mempool', async () => {
    const value = keccak256('0xbb');
    await anchor(value, developmentAccount(1));
    expect(await anchoredAt(value)).toEqual([0n, 0n]);
    const receipt = await anchor(value);
    expect((await anchoredAt(value))[0]).toBe(receipt.blockNumber);
  });

  it('yields a proof of absence for a commitment that was never anchored', async () => {
    await client.mine({ blocks: 4 });
    const { result } = await collect(keccak256('0xcc'));
    expect(result).toMatchObject({ ok: false, check: 'storage', actual: 'no such record' });
  });

  it('a reorganisation takes the record away, and the proof collected before no longer belongs to the chain', async () => {
    const value = keccak256('0xdd');
    const receipt = await anchor(value);
    await rpc(client, 'anvil_reorg', [1, []]);
    expect(await anchoredAt(value)).toEqual([0n, 0n]);
    const replaced = await client.getBlock({ blockNumber: receipt.blockNumber });
    expect(replaced.hash).not.toBe(receipt.blockHash);
  });
});
