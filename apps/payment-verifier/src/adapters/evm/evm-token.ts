import { AppError, TOKEN_TEXT_CHARACTERS_MAX, type PaymentAsset } from '@touchstone/contracts';
import type { EvmNode } from '@touchstone/evm';
import type { Hex } from 'viem';
import type { TokenDomain } from '../../domain/token-domain.js';

const text = (name: 'name' | 'version') =>
  [
    { type: 'function', name, stateMutability: 'view', inputs: [], outputs: [{ name: '', type: 'string' }] },
  ] as const;

/** The token that payments are made in; it is asked once what it calls itself. */
export class EvmToken {
  private domain: TokenDomain | undefined;

  constructor(
    private readonly node: EvmNode,
    /** `0x` and lower case. */
    private readonly address: string,
  ) {}

  /** What the token says of itself, `undefined` before it was asked. */
  get known(): TokenDomain | undefined {
    return this.domain;
  }

  /** @throws AppError `dependency-unavailable` while the node does not answer or has no contract there */
  async asset(): Promise<PaymentAsset> {
    this.domain ??= await this.read();
    return { network: this.node.network, address: this.address, ...this.domain };
  }

  private async read(): Promise<TokenDomain> {
    await this.node.assertChain();
    const code = await this.node.ask(() => this.node.client.getCode({ address: this.address as Hex }));
    if (code === undefined || code === '0x')
      throw new AppError(
        'dependency-unavailable',
        `There is no contract at ${this.address} on ${this.node.network}, which TOUCHSTONE_PAYMENT_ASSET names.`,
      );
    const [name, version] = await Promise.all([this.text('name'), this.text('version')]);
    return { name, version };
  }

  /** A contract without the function reverts or gives nothing: then it tells none. */
  private async text(functionName: 'name' | 'version'): Promise<string | null> {
    const address = this.address as Hex;
    try {
      const told = await this.node.ask(() =>
        this.node.client.readContract({ address, abi: text(functionName), functionName }),
      );
      return told.length > TOKEN_TEXT_CHARACTERS_MAX ? null : told;
    } catch (error) {
      if (error instanceof AppError) throw error;
      return null;
    }
  }
}
