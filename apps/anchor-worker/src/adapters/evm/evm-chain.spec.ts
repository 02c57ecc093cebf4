import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { keccak256, toRlp, type Hex } from 'viem';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ProofRefusal } from '../../domain/anchor/proving.js';
import { EvmChain, evmChainId, REFUSAL_CHARACTERS_MAX } from './evm-chain.js';
import { createEvmRpc, EvmRpcRefusal, type EvmRpc } from './json-rpc.js';

const contract = `0x${'ab'.repeat(20)}`;
const submitter = `0x${'cd'.repeat(20)}`;
const commitment = new Uint8Array(32).fill(1);
const word = (value: number): string => `0x${value.toString(16).padStart(64, '0')}`;

/** The fifteen original fields of a header. */
const headerFields: Readonly<Record<string, string>> = {
  parentHash: word(1),
  sha3Uncles: word(2),
  miner: submitter,
  stateRoot: word(3),
  transactionsRoot: word(4),
  receiptsRoot: word(5),
  logsBloom: `0x${'00'.repeat(256)}`,
  difficulty: '0x0',
  number: '0x11',
  gasLimit: '0x1',
  gasUsed: '0x0',
  timestamp: '0x1',
  extraData: '0x',
  mixHash: word(6),
  nonce: `0x${'00'.repeat(8)}`,
};
const realItems = Object.values(headerFields).map((text) => {
  if (text === '0x0') return '0x';
  return text.length % 2 === 0 ? (text as Hex) : (`0x0${text.slice(2)}` as Hex);
});
/** A block with its own hash. */
const realBlock = { ...headerFields, hash: keccak256(toRlp(realItems)) };

/** A node that answers from a table; a function decides by the parameters. */
const nodeOf =
  (answers: Readonly<Record<string, unknown>>): EvmRpc =>
  async (method, params = []) => {
    const answer = answers[method];
    if (answer instanceof Error) throw answer;
    return typeof answer === 'function'
      ? (answer as (params: readonly unknown[]) => unknown)(params)
      : answer;
  };
const chainOf = (answers: Readonly<Record<string, unknown>>): EvmChain =>
  new EvmChain(nodeOf({ eth_chainId: '0x2105', ...answers }), 8453, contract);
const unavailable = expect.objectContaining({ code: 'dependency-unavailable', retryable: true });

describe('an EVM chain', () => {
  it('knows its network and does not speak to a node of another', async () => {
    expect(chainOf({}).network).toBe('eip155:8453');
    expect(evmChainId('eip155:84532')).toBe(84_532);
    expect(evmChainId('bip122:1')).toBeNaN();
    await expect(chainOf({ eth_chainId: '0x1' }).head()).rejects.toMatchObject({ code: 'config-invalid' });
  });

  it.each([
    ['already known', 'accepted'],
    ['transaction already imported', 'accepted'],
    ['nonce too low: next nonce 5, tx nonce 4', 'nonce-consumed'],
    ['replacement transaction underpriced', 'underpriced'],
  ])('reads the refusal "%s" as %s', async (reason, outcome) => {
    const refusal = new EvmRpcRefusal('eth_sendRawTransaction', reason);
    expect(await chainOf({ eth_sendRawTransaction: refusal }).send('0x02')).toBe(outcome);
  });

  it('takes any other refusal for a passing one', async () => {
    const poor = new EvmRpcRefusal('eth_sendRawTransaction', 'insufficient funds for gas * price + value');
    await expect(chainOf({ eth_sendRawTransaction: poor }).send('0x02')).rejects.toEqual(unavailable);
    await expect(chainOf({ eth_estimateGas: poor }).estimateGas(submitter, '0x')).rejects.toEqual(
      unavailable,
    );
  });

  it('reads receipts, and none for a transaction that no block holds', async () => {
    const receipt = { blockNumber: '0x10', blockHash: word(7), status: '0x1', gasUsed: '0xb6b0', logs: [] };
    expect(await chainOf({ eth_getTransactionReceipt: receipt }).receipt(word(1))).toEqual({
      block: { number: 16n, hash: word(7) },
      succeeded: true,
      gasUsed: 46_768n,
    });
    expect(
      await chainOf({ eth_getTransactionReceipt: { ...receipt, status: '0x0' } }).receipt(word(1)),
    ).toMatchObject({ succeeded: false });
    expect(await chainOf({ eth_getTransactionReceipt: null }).receipt(word(1))).toBeUndefined();
  });

  it.each([
    ['eth_getTransactionReceipt', { blockNumber: 16 }, (chain: EvmChain) => chain.receipt(word(1))],
    ['eth_getTransactionReceipt', 'yes', (chain: EvmChain) => chain.receipt(word(1))],
    ['eth_getTransactionCount', '17', (chain: EvmChain) => chain.transactionCount(submitter)],
    ['eth_getBlockByNumber', { number: '0x1', hash: '0x1' }, (chain: EvmChain) => chain.blockHash(1n)],
    ['eth_call', '0x', (chain: EvmChain) => chain.isRecorded(submitter, commitment)],
    ['eth_getProof', { accountProof: [] }, (chain: EvmChain) => chain.prove(1n, submitter, commitment)],
  ])('believes no malformed answer to %s (%j)', async (method, answer, ask) => {
    await expect(ask(chainOf({ eth_getBlockByNumber: null, [method]: answer }))).rejects.toEqual(unavailable);
  });

  it.each<[string, Readonly<Record<string, unknown>>, RegExp]>([
    [
      'refuses the proof',
      {
        eth_getProof: new EvmRpcRefusal(
          'eth_getProof',
          'distance to target block exceeds maximum proof window',
        ),
      },
      /exceeds maximum proof window/,
    ],
    ['has no such block', { eth_getProof: {} }, /a node answers null for a block/],
    ['has no such account', { eth_getBlockByNumber: realBlock, eth_getProof: null }, /no such account/],
    [
      'writes fields of a later fork and has no raw header',
      {
        eth_getBlockByNumber: { ...realBlock, stateDigest: '0x01', hash: word(5) },
        debug_getRawHeader: new EvmRpcRefusal('debug_getRawHeader', 'the method does not exist'),
      },
      /unknown here: stateDigest; debug_getRawHeader: the method does not exist/,
    ],
    [
      'writes fields of a later fork and gives another raw header',
      {
        eth_getBlockByNumber: { ...realBlock, stateDigest: '0x01', hash: word(5) },
        debug_getRawHeader: '0xc0',
      },
      /unknown here: stateDigest; debug_getRawHeader gives no header of that hash/,
    ],
  ])('tells in a refusal that the node %s', async (_name, answers, reason) => {
    const asked = chainOf({ eth_getBlockByNumber: null, ...answers }).prove(1n, submitter, commitment);
    await expect(asked).rejects.toThrow(ProofRefusal);
    await expect(asked).rejects.toMatchObject({ reason: expect.stringMatching(reason) });
  });

  it('takes the header from its own bytes where the block has fields that are unknown here', async () => {
    const asked: unknown[] = [];
    const raw = toRlp([...realItems, '0x01']);
    const chain = chainOf({
      eth_getBlockByNumber: { ...realBlock, stateDigest: '0x01', hash: keccak256(raw) },
      eth_getProof: { accountProof: [], storageProof: [{ proof: [] }] },
      debug_getRawHeader: (params: readonly unknown[]) => {
        asked.push(...params);
        return raw;
      },
    });
    // The header is taken: what is refused is the account, which this answer does not prove.
    await expect(chain.prove(17n, submitter, commitment)).rejects.toMatchObject({
      reason: expect.stringMatching(/^the proof fails at account: .* missing-node at node 0$/),
    });
    expect(asked).toEqual(['0x11']);
  });

  it('cuts what a node says about a proof after REFUSAL_CHARACTERS_MAX characters', async () => {
    const reasonOf = async (text: string): Promise<string> => {
      const chain = chainOf({ eth_getBlockByNumber: null, eth_getProof: new EvmRpcRefusal('m', text) });
      const error: unknown = await chain
        .prove(1n, submitter, commitment)
        .catch((failure: unknown) => failure);
      return (error as ProofRefusal).reason;
    };
    const longest = 'x'.repeat(REFUSAL_CHARACTERS_MAX - 'm: '.length);
    expect(await reasonOf(longest)).toBe(`m: ${longest}`);
    expect(await reasonOf(`${longest}y`)).toBe(`m: ${longest}`);
  });

  it('asks the registry whether it holds a commitment', async () => {
    const answer = (block: number): string => word(block) + word(1_763_632_800).slice(2);
    expect(await chainOf({ eth_call: answer(5) }).isRecorded(submitter, commitment)).toBe(true);
    expect(await chainOf({ eth_call: answer(0) }).isRecorded(submitter, commitment)).toBe(false);
  });
});

describe('JSON-RPC of a chain node', () => {
  let server: Server | undefined;
  afterEach(async () => {
    await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
  });

  const serve = async (status: number, body: string): Promise<string> => {
    server = createServer((_request, response) => response.writeHead(status).end(body));
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/private-key-in-path`;
  };

  it('gives the raw result', async () => {
    const rpc = createEvmRpc(await serve(200, '{"jsonrpc":"2.0","id":1,"result":"0x2105"}'));
    expect(await rpc('eth_chainId')).toBe('0x2105');
  });

  it('tells a refusal from an outage', async () => {
    const body = '{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"nonce too low"}}';
    const rpc = createEvmRpc(await serve(200, body));
    await expect(rpc('eth_sendRawTransaction', ['0x'])).rejects.toMatchObject({ reason: 'nonce too low' });
  });

  it.each([
    [503, 'busy'],
    [200, 'no JSON'],
  ])('never shows the URL when a node answers %d %s', async (status, body) => {
    const url = await serve(status, body);
    const error: unknown = await createEvmRpc(url)('eth_chainId').catch((failure: unknown) => failure);
    expect(error).toEqual(unavailable);
    expect(`${JSON.stringify(error)} ${String(error)}`).not.toContain('private-key');
    expect((error as Error).cause).toBeUndefined();
  });
});
