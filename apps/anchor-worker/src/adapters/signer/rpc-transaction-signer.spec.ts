import { describe, expect, it } from '@jest/globals';
import type { RpcClient } from '@touchstone/nats';
import { TransactionSigningDouble } from '../../../test/signing-double.js';
import type { UnsignedTransaction } from '../../domain/anchor/anchor-ports.js';
import { RpcTransactionSigner } from './rpc-transaction-signer.js';

const double = new TransactionSigningDouble();
const transaction: UnsignedTransaction = {
  chainId: 8453,
  nonce: 3,
  to: `0x${'ab'.repeat(20)}`,
  data: '0xdb2c4aca',
  gas: 60_000n,
  maxFeePerGas: 20n,
  maxPriorityFeePerGas: 1n,
};

/** A mesh whose signer answers `change` of what is right. */
function meshOf(change: Readonly<Record<string, string>> = {}) {
  const requests: unknown[] = [];
  const call = async (_service: string, verb: string, request: unknown): Promise<unknown> => {
    if (verb === 'key-set') return { addresses: { anchor: await double.address() } };
    requests.push(request);
    const { raw, hash } = await double.sign(transaction);
    return { rawTransaction: raw, hash, from: await double.address(), ...change };
  };
  return { requests, rpc: { call } as unknown as Pick<RpcClient, 'call'> };
}

describe('anchor transactions from the signer', () => {
  it('are asked for with the anchor key and without value', async () => {
    const { rpc, requests } = meshOf();
    expect(await new RpcTransactionSigner(rpc).sign(transaction)).toEqual(await double.sign(transaction));
    expect(requests).toEqual([
      {
        key: 'anchor',
        transaction: {
          ...transaction,
          value: '0',
          gas: '60000',
          maxFeePerGas: '20',
          maxPriorityFeePerGas: '1',
        },
      },
    ]);
  });

  it.each([
    ['a hash of other bytes', { hash: `0x${'00'.repeat(32)}` }],
    ['other bytes than its hash', { rawTransaction: '0x02c0' }],
    ['another payer', { from: `0x${'11'.repeat(20)}` }],
  ])('are refused with %s', async (_what, change) => {
    await expect(new RpcTransactionSigner(meshOf(change).rpc).sign(transaction)).rejects.toMatchObject({
      code: 'conflict',
    });
  });
});
