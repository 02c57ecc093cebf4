import { x402Client } from '@x402/core/client';
import type { PaymentPayload, PaymentRequirements } from '@x402/core/types';
import { authorizationTypes } from '@x402/evm';
import { ExactEvmScheme } from '@x402/evm/exact/client';
import { DEVELOPMENT_CHAIN_ID, developmentNetwork, developmentToken } from '@touchstone/embedded';
import type { Hex } from 'viem';
import { generatePrivateKey, privateKeyToAccount, type PrivateKeyAccount } from 'viem/accounts';

export const NETWORK = developmentNetwork;
export const ASSET = developmentToken.address.toLowerCase() as Hex;
const { name, version } = developmentToken;
/** 0.25 USDC. */
export const PRICE = 250_000n;

/** The x402 objects as they travel in RPCs and over HTTP. */
export interface X402Objects {
  readonly paymentPayload: Record<string, unknown>;
  readonly paymentRequirements: Record<string, unknown>;
}

/** A payer with a key of its own. */
export class Payer {
  readonly account: PrivateKeyAccount = privateKeyToAccount(generatePrivateKey());

  get address(): Hex {
    return this.account.address.toLowerCase() as Hex;
  }

  /** A payment made by the unmodified official client. */
  async pay(requirements: PaymentRequirements): Promise<X402Objects> {
    const client = new x402Client().register('eip155:*', new ExactEvmScheme(this.account));
    const payload = await client.createPaymentPayload({
      x402Version: 2,
      resource: { url: 'https://models.example/v1/infer' },
      accepts: [requirements],
    });
    return objectsOf(payload, requirements);
  }

  /** A correctly signed payment whose authorisation differs from what the client would write. */
  async payWith(
    requirements: PaymentRequirements,
    change: Partial<Record<'to' | 'value' | 'validAfter' | 'validBefore' | 'nonce', string>>,
    verifyingContract: Hex = ASSET,
  ): Promise<X402Objects> {
    const honest = await this.pay(requirements);
    const payload = honest.paymentPayload as unknown as PaymentPayload;
    const { authorization } = payload.payload as { authorization: Record<string, string> };
    const changed = { ...authorization, ...change } as Record<string, string>;
    const signature = await this.account.signTypedData({
      types: authorizationTypes,
      primaryType: 'TransferWithAuthorization',
      domain: { name, version, chainId: DEVELOPMENT_CHAIN_ID, verifyingContract },
      message: {
        from: changed['from'] as Hex,
        to: changed['to'] as Hex,
        value: BigInt(changed['value'] ?? 0),
        validAfter: BigInt(changed['validAfter'] ?? 0),
        validBefore: BigInt(changed['validBefore'] ?? 0),
        nonce: changed['nonce'] as Hex,
      },
    });
    return objectsOf({ ...payload, payload: { authorization: changed, signature } }, requirements);
  }

  /** The signature that cancels an authorisation. */
  signCancellation(nonce: Hex): Promise<Hex> {
    return this.account.signTypedData({
      types: {
        CancelAuthorization: [
          { name: 'authorizer', type: 'address' },
          { name: 'nonce', type: 'bytes32' },
        ],
      },
      primaryType: 'CancelAuthorization',
      domain: { name, version, chainId: DEVELOPMENT_CHAIN_ID, verifyingContract: ASSET },
      message: { authorizer: this.account.address, nonce },
    });
  }
}

/** What a resource asks for. */
export function requirementsFor(
  payTo: Hex,
  amount: bigint = PRICE,
  maxTimeoutSeconds = 120,
): PaymentRequirements {
  return {
    scheme: 'exact',
    network: NETWORK,
    amount: amount.toString(),
    asset: developmentToken.address,
    payTo,
    maxTimeoutSeconds,
    extra: { name, version },
  };
}

/** The authorisation inside a payment. */
export function authorizationOf({ paymentPayload }: X402Objects): Record<string, string> & { nonce: Hex } {
  const { payload } = paymentPayload as unknown as PaymentPayload;
  return payload['authorization'] as Record<string, string> & { nonce: Hex };
}

/** The signature of a payment. */
export function signatureOf({ paymentPayload }: X402Objects): Hex {
  return (paymentPayload as unknown as PaymentPayload).payload['signature'] as Hex;
}

function objectsOf(payload: PaymentPayload, requirements: PaymentRequirements): X402Objects {
  return JSON.parse(
    JSON.stringify({ paymentPayload: payload, paymentRequirements: requirements }),
  ) as X402Objects;
}
