import { canonicalJson } from '@touchstone/canonical-json';
import { keySetAnswer } from '@touchstone/contracts/http/signer';
import { withStatusesAt } from '@touchstone/crypto';
import type { StackDescription, TsaDescription } from '@touchstone/embedded';
import { trustFile, type TrustFile } from '@touchstone/evidence';
import type { z } from 'zod';
import { chainOf, finalizedBlocks } from './chain.js';
import { commitmentHashes, listModels } from './gateway.js';
import { fetchJson, urlOf } from './running-stack.js';

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
  const keys = await fetchJson(`${urlOf(stack, 'signer')}/v1/key-set`, keySetAnswer);
  const models = await Promise.all(
    (await listModels(stack)).map(async ({ id, modelVersionId }) => ({
      modelVersionId,
      hashes: await commitmentHashes(stack, id),
    })),
  );
  const chain = chainOf(stack);
  const asOfMs = Date.now();
  return trustFile.parse({
    version: 1,
    asOf: new Date(asOfMs).toISOString(),
    keys: trustedKeys(keys, asOfMs),
    models: models.flatMap(({ modelVersionId, hashes }) =>
      hashes.map((commitmentHash) => ({ modelVersionId, commitmentHash })),
    ),
    logs: [keys.log],
    witnesses: { k: 0, vkeys: [] },
    chains: [
      {
        network: `eip155:${stack.chain.chainId}`,
        test: true,
        contract: stack.chain.anchorRegistry,
        submitters: [stack.chain.anchorSubmitter],
        blocks: await finalizedBlocks(chain),
      },
    ],
    tsas: stack.tsa ? [trustedTsa(stack.tsa)] : [],
    independent: [...independent],
  });
}

/**
 * Trust in nobody but the signer itself: its own word on its keys and on the log. It shows that the parts of an installation fit
 * together, and proves nothing to anybody else.
 */
export function trustInSigner(answer: z.infer<typeof keySetAnswer>, asOfMs: number): TrustFile {
  return trustFile.parse({
    ...{ version: 1, asOf: new Date(asOfMs).toISOString(), keys: trustedKeys(answer, asOfMs) },
    ...{
      models: [],
      logs: [answer.log],
      witnesses: { k: 0, vkeys: [] },
      chains: [],
      tsas: [],
      independent: [],
    },
  });
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
