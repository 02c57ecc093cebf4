import { describe, expect, it } from '@jest/globals';
import { TOKEN_TEXT_CHARACTERS_MAX } from '@touchstone/contracts';
import { EvmNode } from '@touchstone/evm';
import { custom, encodeAbiParameters, RpcRequestError, toFunctionSelector } from 'viem';
import { EvmToken } from './evm-token.js';

const ADDRESS = `0x${'ab'.repeat(20)}`;
const NETWORK = 'eip155:84532';
const selectors = { name: toFunctionSelector('name()'), version: toFunctionSelector('version()') };
const reverts = (): Error =>
  new RpcRequestError({ body: {}, url: 'x', error: { code: 3, message: 'execution reverted' } });

/** A token that tells these texts; `undefined` for a contract without the function. */
function tokenOf(told: { readonly name?: string; readonly version?: string }): EvmToken {
  const request = async ({ method, params }: { method: string; params?: unknown }) => {
    if (method === 'eth_chainId') return '0x14a34';
    if (method === 'eth_getCode') return '0x60';
    const [{ data }] = params as [{ data: string }];
    const text = data === selectors.name ? told.name : told.version;
    if (text === undefined) throw reverts();
    return encodeAbiParameters([{ type: 'string' }], [text]);
  };
  return new EvmToken(new EvmNode(custom({ request }, { retryCount: 0 }), NETWORK), ADDRESS);
}

describe('a token', () => {
  it('tells its name and version, and is not known before', async () => {
    const token = tokenOf({ name: 'USD₮0', version: '1' });
    expect(token.known).toBeUndefined();
    expect(await token.asset()).toEqual({ network: NETWORK, address: ADDRESS, name: 'USD₮0', version: '1' });
    expect(token.known).toEqual({ name: 'USD₮0', version: '1' });
  });

  it('tells none where its contract lacks the function', async () => {
    expect(await tokenOf({ name: 'Old Coin' }).asset()).toMatchObject({ name: 'Old Coin', version: null });
    expect(await tokenOf({}).asset()).toMatchObject({ name: null, version: null });
  });

  it('tells none when it is longer than TOKEN_TEXT_CHARACTERS_MAX', async () => {
    const longest = 'x'.repeat(TOKEN_TEXT_CHARACTERS_MAX);
    expect(await tokenOf({ name: longest, version: `${longest}y` }).asset()).toMatchObject({
      name: longest,
      version: null,
    });
  });
});
