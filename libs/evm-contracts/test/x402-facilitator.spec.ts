import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { canonicalAddresses, multicall3 } from '@touchstone/evm-contracts';
import { toFacilitatorEvmSigner } from '@x402/evm';
import { ExactEvmScheme } from '@x402/evm/exact/facilitator';
import { describeWithAnvil, developmentAccount, startAnvil, type AnvilClient } from './anvil.js';
import {
  authorizationOf,
  payee,
  payer,
  placeToken,
  signTransfer,
  tokenAddress,
  type Authorization,
} from './token-fixture.js';

const PRICE = 250_000n;
const requirements = {
  scheme: 'exact',
  network: 'eip155:84532',
  asset: tokenAddress,
  amount: `${PRICE}`,
  payTo: payee,
  maxTimeoutSeconds: 120,
  extra: { name: 'USDC', version: '2' },
} as const;

function createFacilitator(client: AnvilClient): ExactEvmScheme {
  const signer = toFacilitatorEvmSigner({
    address: client.account.address,
    readContract: (args) => client.readContract({ ...args, args: args.args ?? [] }),
    verifyTypedData: (args) => client.verifyTypedData(args as Parameters<AnvilClient['verifyTypedData']>[0]),
    writeContract: (args) => client.writeContract({ ...args, args: args.args ?? [] }),
    sendTransaction: (args) => client.sendTransaction(args),
    waitForTransactionReceipt: (args) => client.waitForTransactionReceipt(args),
    getCode: (args) => client.getCode(args),
  });
  return new ExactEvmScheme(signer);
}

describeWithAnvil('the official x402 facilitator over TestUsdc', () => {
  let client: AnvilClient;
  let stop: () => Promise<void>;
  let facilitator: ExactEvmScheme;

  beforeAll(async () => {
    ({ client, stop } = await startAnvil());
    await placeToken(client);
    await client.setCode({ address: canonicalAddresses.multicall3, bytecode: multicall3.deployedBytecode });
    facilitator = createFacilitator(client);
  });

  afterAll(() => stop());

  async function payloadOf(message: Authorization, account = payer, tokenName?: string) {
    const { validAfter, validBefore, value, ...rest } = message;
    const numbers = { value: `${value}`, validAfter: `${validAfter}`, validBefore: `${validBefore}` };
    const payload = {
      authorization: { ...rest, ...numbers },
      signature: await signTransfer(message, account, tokenName),
    };
    return { x402Version: 2, accepted: { ...requirements, extra: { ...requirements.extra } }, payload };
  }

  const required = { ...requirements, extra: { ...requirements.extra } };

  it('verifies and settles a payment, and names a replay', async () => {
    const payload = await payloadOf(authorizationOf('settled'));
    expect(await facilitator.verify(payload, required)).toMatchObject({
      isValid: true,
      payer: payer.address,
    });
    const settled = await facilitator.settle(payload, required);
    expect(settled).toMatchObject({
      success: true,
      payer: payer.address,
      transaction: expect.stringMatching(/^0x/),
    });
    expect(await facilitator.verify(payload, required)).toMatchObject({
      isValid: false,
      invalidReason: 'invalid_exact_evm_nonce_already_used',
    });
  });

  it('names a payer without money', async () => {
    const poor = developmentAccount(5);
    const payload = await payloadOf(authorizationOf('poor', { from: poor.address }), poor);
    expect(await facilitator.verify(payload, required)).toMatchObject({
      isValid: false,
      invalidReason: 'invalid_exact_evm_insufficient_balance',
    });
  });

  it('refuses a signature by somebody else', async () => {
    const payload = await payloadOf(authorizationOf('forged'), developmentAccount(5));
    expect((await facilitator.verify(payload, required)).isValid).toBe(false);
  });

  it('names a token that has another name than the terms say', async () => {
    const extra = { name: 'Other Coin', version: '2' };
    const payload = await payloadOf(authorizationOf('name'), payer, extra.name);
    expect(await facilitator.verify(payload, { ...required, extra })).toMatchObject({
      isValid: false,
      invalidReason: 'invalid_exact_evm_token_name_mismatch',
    });
  });
});
