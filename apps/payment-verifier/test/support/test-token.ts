import { callRpc } from '@touchstone/embedded';
import { testUsdc } from '@touchstone/evm-contracts/test-token';
import { encodeFunctionData, parseSignature, type Hex } from 'viem';
import { ASSET, authorizationOf, signatureOf, type X402Objects } from './payer.js';

interface Receipt {
  readonly status: Hex;
  readonly transactionHash: Hex;
}

/** The token on the test's chain, asked and used behind the back of the payment-verifier. */
export class TestToken {
  constructor(private readonly rpcUrl: string) {}

  async balanceOf(owner: Hex): Promise<bigint> {
    const data = encodeFunctionData({ abi: testUsdc.abi, functionName: 'balanceOf', args: [owner] });
    return BigInt(await callRpc<Hex>(this.rpcUrl, 'eth_call', [{ to: ASSET, data }, 'latest']));
  }

  mint(owner: Hex, amount: bigint): Promise<Receipt> {
    return this.send(encodeFunctionData({ abi: testUsdc.abi, functionName: 'mint', args: [owner, amount] }));
  }

  /** Cancels an authorisation, as its payer may at any time. */
  cancel(authorizer: Hex, nonce: Hex, signature: Hex): Promise<Receipt> {
    return this.send(
      encodeFunctionData({
        abi: testUsdc.abi,
        functionName: 'cancelAuthorization',
        args: [authorizer, nonce, signature],
      }),
    );
  }

  /** Sends somebody's payment in place of the payment-verifier. */
  transfer(payment: X402Objects): Promise<Receipt> {
    const { from, to, value, validAfter, validBefore, nonce } = authorizationOf(payment);
    const { v, yParity, r, s } = parseSignature(signatureOf(payment));
    return this.send(
      encodeFunctionData({
        abi: testUsdc.abi,
        functionName: 'transferWithAuthorization',
        args: [
          from as Hex,
          to as Hex,
          BigInt(value ?? 0),
          BigInt(validAfter ?? 0),
          BigInt(validBefore ?? 0),
          nonce,
          Number(v ?? yParity + 27),
          r,
          s,
        ],
      }),
    );
  }

  /** Transactions of an account that stand in blocks. */
  async transactionCount(account: Hex): Promise<number> {
    return Number(await callRpc<Hex>(this.rpcUrl, 'eth_getTransactionCount', [account, 'latest']));
  }

  /** Moves the time of the chain and makes it final. */
  async passTime(seconds: number): Promise<void> {
    await callRpc(this.rpcUrl, 'evm_increaseTime', [seconds]);
    await callRpc(this.rpcUrl, 'anvil_mine', ['0x4']);
  }

  /** Any JSON-RPC method of the test's chain. */
  rpc<T>(method: string, parameters: readonly unknown[] = []): Promise<T> {
    return callRpc<T>(this.rpcUrl, method, parameters);
  }

  private async send(data: Hex): Promise<Receipt> {
    const [from] = await callRpc<Hex[]>(this.rpcUrl, 'eth_accounts');
    const hash = await callRpc<Hex>(this.rpcUrl, 'eth_sendTransaction', [{ from, to: ASSET, data }]);
    for (;;) {
      const receipt = await callRpc<Receipt | null>(this.rpcUrl, 'eth_getTransactionReceipt', [hash]);
      if (receipt !== null) return receipt;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
