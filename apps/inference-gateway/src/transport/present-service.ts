import type { AiService } from '@touchstone/contracts/http/ai-service';
import type { Config } from '../config.js';
import { priceOf, type Model } from '../domain/model/model.js';
import { dollars } from './usdc.js';

const SECURITY =
  'Each answer is signed, and its batch stands in a transparency log whose checkpoints are anchored. Whoever verifies the bundle needs no service of ours; docs/security.md says what each label proves.';

/** What the service offers with the models that take requests. @param isProving whether proofs of answers are made now */
export function presentService(active: readonly Model[], isProving: boolean, config: Config): AiService {
  const { TOUCHSTONE_PUBLIC_URL: url, TOUCHSTONE_PROVIDER_NAME: provider } = config;
  const isPaid = config.TOUCHSTONE_PAYMENT_MODE === 'x402';
  const prices = active.map(priceOf).sort((left, right) => (left < right ? -1 : 1));
  const [lowest, highest] = [prices[0], prices.at(-1)];
  return {
    '@context': 'https://schema.org',
    '@type': 'WebAPI',
    name: config.TOUCHSTONE_SERVICE_NAME,
    description: config.TOUCHSTONE_SERVICE_DESCRIPTION,
    url,
    ...(provider === undefined
      ? {}
      : {
          provider: {
            '@type': 'Organization',
            name: provider,
            ...(config.TOUCHSTONE_PROVIDER_URL === undefined ? {} : { url: config.TOUCHSTONE_PROVIDER_URL }),
          },
        }),
    serviceType: 'ML-Inference',
    capabilities: isProving ? ['ONNX-Inference', 'zkML-Proofs'] : ['ONNX-Inference'],
    ...(isPaid && lowest !== undefined && highest !== undefined
      ? {
          offers: {
            '@type': 'AggregateOffer',
            priceCurrency: 'USDC',
            lowPrice: dollars(lowest),
            highPrice: dollars(highest),
            offerCount: prices.length,
            paymentMethod: 'X402',
          },
        }
      : {}),
    verificationMethod: {
      type: 'EvidenceBundle',
      protocol: 'Touchstone evidence 1',
      proofSystem: isProving ? 'groth16/bn254' : null,
      security: SECURITY,
      portable: true,
    },
    models: {
      endpoint: `${url}/v1/models`,
      count: active.length,
      categories: [...new Set(active.map(({ manifest }) => manifest.task))].sort(),
    },
    documentation: { apiDocs: `${url}/openapi.json` },
    ...(isPaid ? { x402: paymentOf(config) } : {}),
  };
}

function paymentOf(config: Config): NonNullable<AiService['x402']> {
  const network = config.TOUCHSTONE_PAYMENT_NETWORK;
  return {
    version: 2,
    network,
    chainId: Number(network.slice('eip155:'.length)),
    paymentToken: config.TOUCHSTONE_PAYMENT_ASSET_NAME,
    contractAddress: config.TOUCHSTONE_PAYMENT_ASSET,
  };
}
