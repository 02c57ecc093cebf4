import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { testUsdc } from '@touchstone/evm-contracts/test-token';
import { concatHex, numberToHex, parseEventLogs, toHex, type Hex } from 'viem';
import { describeWithAnvil, developmentAccount, startAnvil, type AnvilClient } from './anvil.js';
import {
  argumentsOf,
  authorizationOf,
  payee,
  payer,
  placeToken,
  signCancel,
  signPermit,
  signReceive,
  signTransfer,
  splitSignature,
  tokenAddress,
  type Authorization,
} from './token-fixture.js';

const token = { address: tokenAddress, abi: testUsdc.abi } as const;
const CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
/** A wallet contract's whole run-time code: answers every call with the magic value of ERC-1271. */
const WILLING_WALLET = '0x631626ba7e60e01b60005260206000f3';
/** The same, but it answers with another value. */
const UNWILLING_WALLET = '0x63ffffffff60e01b60005260206000f3';
const WALLET = '0x00000000000000000000000000000000000a11e7';

describeWithAnvil('TestUsdc, as the x402 packages use USDC', () => {
  let client: AnvilClient;
  let stop: () => Promise<void>;

  beforeAll(async () => {
    ({ client, stop } = await startAnvil());
    await placeToken(client);
  });

  afterAll(() => stop());

  async function pay(authorization: Authorization, signature: Hex, overload: 'parts' | 'bytes' = 'bytes') {
    const base = argumentsOf(authorization);
    const functionName = 'transferWithAuthorization';
    // Simulation first: it gives the revert string, where a sent transaction would only fail.
    if (overload === 'parts') {
      const args = [...base, ...splitSignature(signature)] as const;
      await client.simulateContract({ ...token, functionName, args });
      return client.waitForTransactionReceipt({
        hash: await client.writeContract({ ...token, functionName, args }),
      });
    }
    const args = [...base, signature] as const;
    await client.simulateContract({ ...token, functionName, args });
    return client.waitForTransactionReceipt({
      hash: await client.writeContract({ ...token, functionName, args }),
    });
  }

  function balanceOf(account: Hex) {
    return client.readContract({ ...token, functionName: 'balanceOf', args: [account] });
  }

  it('stands at the canonical address with the names that the EIP-712 domain needs', async () => {
    const names = ['name', 'version', 'symbol', 'decimals'] as const;
    const values = await Promise.all(
      names.map((functionName) => client.readContract({ ...token, functionName })),
    );
    expect(values).toEqual(['USDC', '2', 'USDC', 6]);
  });

  it('refuses to be initialised again, and to mint for anybody but the minter', async () => {
    const stranger = developmentAccount(3);
    await expect(
      client.simulateContract({ ...token, functionName: 'initialize', args: ['X', '1'], account: stranger }),
    ).rejects.toThrow('contract is already initialized');
    await expect(
      client.simulateContract({ ...token, functionName: 'mint', args: [payee, 1n], account: stranger }),
    ).rejects.toThrow('caller is not a minter');
  });

  it.each(['parts', 'bytes'] as const)(
    'moves money by a signed authorisation (%s overload), once',
    async (overload) => {
      const authorization = authorizationOf(`once-${overload}`);
      const signature = await signTransfer(authorization);
      const before = await balanceOf(payee);
      const { logs } = await pay(authorization, signature, overload);
      expect((await balanceOf(payee)) - before).toBe(250_000n);
      const events = parseEventLogs({ abi: token.abi, logs });
      expect(events.map(({ eventName, args }) => [eventName, args])).toEqual([
        ['AuthorizationUsed', { authorizer: payer.address, nonce: authorization.nonce }],
        ['Transfer', { from: payer.address, to: payee, value: 250_000n }],
      ]);
      const state = [payer.address, authorization.nonce] as const;
      expect(await client.readContract({ ...token, functionName: 'authorizationState', args: state })).toBe(
        true,
      );
      for (const other of ['parts', 'bytes'] as const) {
        await expect(pay(authorization, signature, other)).rejects.toThrow(
          'FiatTokenV2: authorization is used or canceled',
        );
      }
    },
  );

  it.each([
    ['expired', { validBefore: 1n }, 'FiatTokenV2: authorization is expired'],
    ['not yet valid', { validAfter: 2n ** 39n }, 'FiatTokenV2: authorization is not yet valid'],
    ['above the balance', { value: 10_000_001n }, 'ERC20: transfer amount exceeds balance'],
    ['to the zero address', { to: numberToHex(0, { size: 20 }) }, 'ERC20: transfer to the zero address'],
  ])('refuses an authorisation that is %s', async (label, changes, message) => {
    const authorization = authorizationOf(label, changes);
    const signature = await signTransfer(authorization);
    await expect(pay(authorization, signature)).rejects.toThrow(message);
    await expect(pay(authorization, signature, 'parts')).rejects.toThrow(message);
  });

  it('bounds the window strictly on both sides', async () => {
    const timestamp = (await client.getBlock()).timestamp + 1000n;
    for (const [changes, message] of [
      [{ validAfter: timestamp }, 'not yet valid'],
      [{ validBefore: timestamp }, 'expired'],
    ] as const) {
      const authorization = authorizationOf(message, changes);
      const args = [...argumentsOf(authorization), await signTransfer(authorization)] as const;
      const call = {
        ...token,
        functionName: 'transferWithAuthorization',
        args,
        blockOverrides: { time: timestamp },
      } as const;
      await expect(client.simulateContract(call)).rejects.toThrow(message);
    }
  });

  it('refuses a signature by another account or over other terms', async () => {
    const authorization = authorizationOf('signer');
    const foreign = await signTransfer(authorization, developmentAccount(3));
    await expect(pay(authorization, foreign)).rejects.toThrow('FiatTokenV2: invalid signature');
    const signature = await signTransfer(authorization);
    await expect(pay({ ...authorization, value: 250_001n }, signature)).rejects.toThrow('invalid signature');
  });

  it('refuses the second spelling of a signature (high s), a wrong v and a wrong length', async () => {
    const authorization = authorizationOf('malleable');
    const signature = await signTransfer(authorization);
    const [v, r, s] = splitSignature(signature);
    const high = concatHex([
      r,
      numberToHex(CURVE_ORDER - BigInt(s), { size: 32 }),
      toHex(v === 27 ? 28 : 27),
    ]);
    await expect(pay(authorization, high)).rejects.toThrow("ECRecover: invalid signature 's' value");
    await expect(pay(authorization, concatHex([r, s, '0x01']))).rejects.toThrow(
      "ECRecover: invalid signature 'v' value",
    );
    await expect(pay(authorization, concatHex([r, s]))).rejects.toThrow(
      'ECRecover: invalid signature length',
    );
    const zero = numberToHex(0, { size: 32 });
    await expect(pay(authorization, concatHex([zero, s, '0x1b']))).rejects.toThrow(
      'ECRecover: invalid signature',
    );
  });

  it.each([
    ['accepts', WILLING_WALLET, undefined],
    ['refuses', UNWILLING_WALLET, 'FiatTokenV2: invalid signature'],
  ] as const)('asks a contract wallet by ERC-1271, which %s', async (verb, bytecode, message) => {
    await client.setCode({ address: WALLET, bytecode });
    const hash = await client.writeContract({ ...token, functionName: 'mint', args: [WALLET, 250_000n] });
    await client.waitForTransactionReceipt({ hash });
    const payment = pay(authorizationOf(`wallet ${verb}`, { from: WALLET }), '0x1234');
    if (message === undefined) expect((await payment).status).toBe('success');
    else await expect(payment).rejects.toThrow(message);
  });

  it('lets the payer cancel an authorisation that was not used', async () => {
    const authorization = authorizationOf('cancelled');
    const cancel = [payer.address, authorization.nonce, await signCancel(authorization.nonce)] as const;
    const hash = await client.writeContract({ ...token, functionName: 'cancelAuthorization', args: cancel });
    const { logs } = await client.waitForTransactionReceipt({ hash });
    expect(parseEventLogs({ abi: token.abi, logs }).map(({ eventName }) => eventName)).toEqual([
      'AuthorizationCanceled',
    ]);
    const signature = await signTransfer(authorization);
    await expect(pay(authorization, signature)).rejects.toThrow('authorization is used or canceled');
    await expect(
      client.simulateContract({ ...token, functionName: 'cancelAuthorization', args: cancel }),
    ).rejects.toThrow('authorization is used or canceled');
  });

  it('lets only the payee use a receive authorisation', async () => {
    const authorization = authorizationOf('receive');
    const args = [...argumentsOf(authorization), await signReceive(authorization)] as const;
    const call = { ...token, functionName: 'receiveWithAuthorization', args } as const;
    await expect(client.simulateContract(call)).rejects.toThrow('FiatTokenV2: caller must be the payee');
    await client.simulateContract({ ...call, account: payee });
    // A signature for the one purpose is none for the other.
    await expect(pay(authorization, args[6])).rejects.toThrow('FiatTokenV2: invalid signature');
  });

  it('takes an EIP-2612 permit once, and spends no more than it allows', async () => {
    const spender = developmentAccount(0).address;
    const signature = await signPermit(spender, 100n, 0n, 2n ** 40n);
    const permit = [payer.address, spender, 100n, 2n ** 40n, ...splitSignature(signature)] as const;
    const hash = await client.writeContract({ ...token, functionName: 'permit', args: permit });
    await client.waitForTransactionReceipt({ hash });
    await expect(client.simulateContract({ ...token, functionName: 'permit', args: permit })).rejects.toThrow(
      'EIP2612: invalid signature',
    );
    const spend = (value: bigint) =>
      client.simulateContract({
        ...token,
        functionName: 'transferFrom',
        args: [payer.address, payee, value],
      });
    await spend(100n);
    await expect(spend(101n)).rejects.toThrow('ERC20: transfer amount exceeds allowance');
  });
});
