import {
  AppError,
  rpcListenSubject,
  rpcSchemas,
  toProblem,
  type RpcRequest,
  type RpcResponse,
} from '@touchstone/contracts';
import { headers, type Msg, type NatsConnection } from '@nats-io/transport-node';
import { testUsdc } from '@touchstone/evm-contracts/test-token';
import { keccak256, toFunctionSelector, type AbiFunction, type Hex } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';

type SignTransaction = RpcRequest<'signer', 'sign-transaction'>;

const selectors: readonly string[] = (testUsdc.abi as readonly { type: string; name?: string }[])
  .filter((item) => item.type === 'function' && item.name === 'transferWithAuthorization')
  .map((item) => toFunctionSelector(item as AbiFunction));

/** A double of the signer: a real key behind the signer's RPCs, with the policy of the settlement key. */
export class SignerDouble {
  readonly account = privateKeyToAccount(generatePrivateKey());
  /** Requests that were signed, in order. */
  readonly signed: SignTransaction['transaction'][] = [];
  /** When set, requests stay without an answer. */
  silent = false;
  /** When set, the policy refuses everything. */
  refusing = false;

  constructor(private readonly asset: string) {}

  get address(): Hex {
    return this.account.address.toLowerCase() as Hex;
  }

  serve(nc: NatsConnection): this {
    this.answer(nc, 'key-set', async () => this.keySet());
    this.answer(nc, 'sign-transaction', (request) => this.sign(request as SignTransaction));
    return this;
  }

  private async sign({
    key,
    transaction,
  }: SignTransaction): Promise<RpcResponse<'signer', 'sign-transaction'>> {
    const allowed =
      !this.refusing &&
      key === 'settlement' &&
      transaction.to === this.asset &&
      transaction.value === '0' &&
      BigInt(transaction.gas) <= 500_000n &&
      selectors.includes(transaction.data.slice(0, 10));
    if (!allowed)
      throw new AppError('signing-refused', 'The settlement key signs only transfers of its asset.');
    this.signed.push(transaction);
    const rawTransaction = await this.account.signTransaction({
      type: 'eip1559',
      chainId: transaction.chainId,
      nonce: transaction.nonce,
      to: transaction.to as Hex,
      value: 0n,
      data: transaction.data as Hex,
      gas: BigInt(transaction.gas),
      maxFeePerGas: BigInt(transaction.maxFeePerGas),
      maxPriorityFeePerGas: BigInt(transaction.maxPriorityFeePerGas),
    });
    return { rawTransaction, hash: keccak256(rawTransaction), from: this.address };
  }

  private keySet(): RpcResponse<'signer', 'key-set'> {
    return {
      keySet: {
        type: 'touchstone.key-set.v1',
        sequence: 0,
        keys: [
          {
            kid: 'output-1',
            alg: 'ES256K',
            use: 'output',
            public_key: `02${'11'.repeat(32)}`,
            status: 'active',
            not_before: '2026-01-01T00:00:00Z',
            not_after: '2036-01-01T00:00:00Z',
          },
        ],
        previous: null,
      },
      currentOutputKeyId: 'output-1',
      domain: 'model-output-v1',
      log: { origin: 'test.touchstone.dev/log', vkey: 'test' },
      addresses: { anchor: `0x${'1'.repeat(40)}`, settlement: this.address },
    };
  }

  private answer(
    nc: NatsConnection,
    verb: 'key-set' | 'sign-transaction',
    work: (request: unknown) => Promise<unknown>,
  ): void {
    const respond = async (message: Msg): Promise<void> => {
      if (this.silent) return;
      try {
        const request = rpcSchemas.signer[verb].request.parse(message.json());
        message.respond(JSON.stringify(rpcSchemas.signer[verb].response.parse(await work(request))));
      } catch (error) {
        const problem = toProblem(error);
        const carried = headers();
        carried.set('Nats-Service-Error', problem.title);
        carried.set('Nats-Service-Error-Code', String(problem.status));
        message.respond(JSON.stringify(problem), { headers: carried });
      }
    };
    nc.subscribe(rpcListenSubject('signer', verb), { callback: (_error, message) => void respond(message) });
  }
}
