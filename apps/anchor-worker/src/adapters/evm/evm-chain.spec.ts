import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { EvmChain, evmChainId } from './evm-chain.js';
import { createEvmRpc, EvmRpcRefusal, type EvmRpc } from './json-rpc.js';

const contract = `0x${'ab'.repeat(20)}`;
const submitter = `0x${'cd'.repeat(20)}`;
const commitment = new Uint8Array(32).fill(1);
const word = (value: number): string => `0x${value.toString(16).padStart(64, '0')}`;

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
