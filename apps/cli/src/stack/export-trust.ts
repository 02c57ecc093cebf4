import { canonicalJson } from '@touchstone/canonical-json';
import { keySetAnswer } from '@touchstone/contracts/http/signer';
import { withStatusesAt } from '@touchstone/crypto';
import type { StackDescription, TsaDescription } from '@touchstone/embedded';
import { trustFile, type TrustFile } from '@touchstone/evidence';
import type { z } from 'zod';
import { chainOf, finalizedBlocks } from './chain.js';
import { commitmentHashes, listModels, showModel } from './gateway.js';
import { fetchJson, urlOf, type ServiceUrls } from './running-stack.js';

/** Uses whose keys a verifier of evidence needs. */
const TRUSTED_USES = ['output', 'event-batch', 'witness', 'receipt'];

/**
 * The trust file as the operator of the stack states it: the signer's public keys, the log's key, all commitments
 * of the models, and the finalized blocks as the chain answers. Chain and time-stamping authority of an embedded
 * stack are tests.
 */
export async function exportTrust(
  stack: StackDescription,
  independent: readonly string[] = [],
): Promise<TrustFile> {
  const stated = await statedTrust(stack);
  return trustFile.parse({
    ...stated,
    chains: [
      {
        network: `eip155:${stack.chain.chainId}`,
        test: true,
        contract: stack.chain.anchorRegistry,
        submitters: [stack.chain.anchorSubmitter],
        blocks: await finalizedBlocks(chainOf(stack)),
      },
    ],
    tsas: stack.tsa ? [trustedTsa(stack.tsa)] : [],
    independent: [...independent],
  });
}

/**
 * What the services of an installation say of themselves: the signer's keys and log, and where the gateway is named the commitments of its
 * models. Chains and time-stamping authorities are for the verifier to add.
 */
export async function statedTrust(services: ServiceUrls): Promise<TrustFile> {
  const keys = await fetchJson(`${urlOf(services, 'signer')}/v1/key-set`, keySetAnswer);
  const models = services.urls['inference-gateway'] === undefined ? [] : await listModels(services);
  const listed = await Promise.all(models.map(({ id }) => trustedModels(services, id)));
  const asOfMs = Date.now();
  return trustFile.parse({
    ...{ version: 1, asOf: new Date(asOfMs).toISOString(), keys: trustedKeys(keys, asOfMs) },
    models: listed.flat(),
    ...{ logs: [keys.log], witnesses: { k: 0, vkeys: [] }, chains: [], tsas: [], independent: [] },
  });
}

/** All commitments of a model, and its circuit. */
async function trustedModels(services: ServiceUrls, id: string): Promise<TrustFile['models']> {
  const [{ modelVersionId, circuit }, hashes] = await Promise.all([
    showModel(services, id),
    commitmentHashes(services, id),
  ]);
  return [
    ...hashes.map((commitmentHash) => ({ modelVersionId, commitmentHash })),
    ...(circuit ? [{ modelVersionId, vkDigest: circuit.vkDigest, setup: circuit.setup }] : []),
  ];
}

/** The keys of a key set that evidence can be signed with; those of outputs with the domain that the signer has. */
export function trustedKeys(
  { keySet, domain }: Pick<z.infer<typeof keySetAnswer>, 'keySet' | 'domain'>,
  asOfMs: number,
): TrustFile['keys'] {
  return withStatusesAt(keySet.keys, asOfMs)
    .filter(({ use }) => TRUSTED_USES.includes(use))
    .map((key) => (key.use === 'output' ? { ...key, domains: [domain] } : key));
}

/** The authority is the operator's own: it says nothing to anybody else. */
function trustedTsa({ network, roots, policies }: TsaDescription): TrustFile['tsas'][number] {
  return { network, test: true, roots: [...roots], policies: [...policies] };
}

/** The text in which a trust file is written. */
export function trustText(trust: TrustFile): string {
  return `${canonicalJson(trust)}\n`;
}
