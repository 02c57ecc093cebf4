import { fixture } from '../fixture.js';
import { evidenceCases } from './evidence-cases.js';
import { eventEvidenceCases } from './event-cases.js';
import type { GoldenCase } from './golden-case.js';
import { jsonCases } from './json-cases.js';
import { identifierCases, outputCases } from './output-cases.js';
import type { Section } from './run.js';
import { tokenCases } from './token-cases.js';
import { checkpointCases, entryCases, eventBatchCases, rfc9162Cases } from './tree-cases.js';
import { keyStateCases, tensorCases } from './value-cases.js';

/** What a vector file says about itself. */
export const descriptions: Record<Section, string> = {
  'canonical-json':
    'Text through the strict gate, its canonical form, the bytes of that in UTF-8 as hex, and their SHA-256. `refusedBy` names ' +
    'implementations that refuse by design what the protocol takes; there is no other difference.',
  'output-digest': 'Payload text and digest of an output.',
  'output-signature': 'ECDSA over a digest: compact or strict DER, low-S only.',
  'output-leaf': 'Leaf of an output proof, sha256 over exactly 200 bytes.',
  identifiers:
    'Hashes over canonical JSON: nonce of a context, model version id, commitment, request digest, capabilities.',
  'merkle-rfc9162': 'Inclusion paths of the profile rfc9162-sha256; `leaf` is the leaf before its hash.',
  'merkle-event-batch-v1': 'Inclusion paths of the profile event-batch-v1; `leaf` is the leaf hash.',
  tensors: 'JSON tensors to canonical tensors and the hash of the list.',
  'log-entry': 'The exact text of a batch entry and its leaf hash in the log.',
  checkpoint: 'Signed checkpoints, and the commitment that goes on a chain.',
  'key-state': 'State of a key at a time, and whether evidence of these times verifies.',
  evidence: 'Bundles with trust files, the result and the label. The clock stands at 2026-06-01T12:00:00Z.',
  'event-evidence':
    'Bundles about events of signed batches, with the reason of each step that fails. The clock stands at 2026-06-01T12:00:00Z.',
  rfc3161:
    'Bundles anchored by a time-stamp token, with the check that the token fails (null: none) and the whole report. The tokens are of ' +
    'openssl. The clock stands at 2026-06-01T12:00:00Z.',
};

/** All cases by section; everything is fixed, so that two runs give the same bytes. */
export async function goldenCases(): Promise<Record<Section, GoldenCase[]>> {
  const { bundle, trust } = await fixture();
  return {
    'canonical-json': jsonCases(),
    ...outputCases(bundle),
    identifiers: identifierCases(bundle),
    'merkle-rfc9162': rfc9162Cases(bundle),
    'merkle-event-batch-v1': eventBatchCases(),
    tensors: tensorCases(),
    'log-entry': entryCases(bundle),
    checkpoint: await checkpointCases(bundle, trust),
    'key-state': keyStateCases(trust),
    evidence: await evidenceCases(bundle, trust),
    'event-evidence': await eventEvidenceCases(),
    rfc3161: tokenCases(bundle, trust),
  };
}
