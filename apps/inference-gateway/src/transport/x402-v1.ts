import { encodePaymentResponseHeader } from '@x402/core/http';
import type { SettleResponse } from '@x402/core/types';
import { EVM_NETWORK_CHAIN_ID_MAP } from '@x402/evm/v1';
import type { PaymentChallenge } from '../domain/payment/payment-challenge.js';
import type { Settlement } from '../domain/payment/payment.js';

/** The names that version 1 has for networks. */
const nameOf = new Map<string, string>(
  Object.entries(EVM_NETWORK_CHAIN_ID_MAP).map(([name, chainId]) => [`eip155:${chainId}`, name]),
);

/**
 * What the body of a 402 says to a client of x402 version 1, which reads nothing else; members beside those of the problem. Undefined on
 * a network that version 1 has no name for: it cannot be paid there.
 */
export function v1Members({ challenge }: PaymentChallenge): Readonly<Record<string, unknown>> | undefined {
  const { requirements, resource, reason } = challenge;
  const network = nameOf.get(requirements.network);
  if (network === undefined) return undefined;
  const { scheme, amount, payTo, asset, maxTimeoutSeconds, extra } = requirements;
  const offer = {
    ...{ scheme, network, maxAmountRequired: amount },
    ...{ resource: resource.url, description: resource.description, mimeType: 'application/json' },
    ...{ payTo, maxTimeoutSeconds, asset, extra: { ...extra } },
  };
  return { x402Version: 1, error: reason, accepts: [offer] };
}

/** The X-PAYMENT-RESPONSE header of a settlement, with the name that version 1 has for its network. */
export function v1PaymentResponseHeader(settlement: Settlement): string {
  const network = nameOf.get(String(settlement['network'])) ?? settlement['network'];
  return encodePaymentResponseHeader({ ...settlement, network } as unknown as SettleResponse);
}
