import { parseBatchEntry, type BatchEntry } from '../../log/batch-entry.js';
import { ARITHMETIC, fail, passIfEqual } from '../outcome.js';
import type { StepDefinition } from '../step-definition.js';

export const entryMatch = {
  name: 'entry-match',
  meaning: 'The log entry describes this batch and nothing else.',
  class: 'core',
  label: 'L2',
  /** Everything that a proof says about its batch must stand in the log entry, and is believed only from there. */
  run: ({ bundle: { subject, inclusion, entry } }) => {
    const parsed = parseBatchEntry(entry);
    if (!parsed.ok)
      return fail({ restsOn: ARITHMETIC, detail: `the log entry cannot be read: ${parsed.detail}` });
    const expected = entryFacts({
      kind: 'output',
      leafFormat: 'model-output-v1',
      treeProfile: 'rfc9162-sha256',
      leafCount: inclusion.treeSize,
      root: inclusion.rootHex,
      scope: { modelVersionId: subject.proof.modelVersionId },
      signature: null,
    });
    const shown = { expected, actual: entryFacts(parsed.entry), restsOn: ARITHMETIC };
    return passIfEqual(shown, 'the log entry describes another batch');
  },
} as const satisfies StepDefinition;

function entryFacts(entry: Omit<BatchEntry, 'type' | 'batchId' | 'sealedAt' | 'nodeId'>): string {
  const scope =
    'modelVersionId' in entry.scope ? `model ${entry.scope.modelVersionId}` : `tenant ${entry.scope.tenant}`;
  return [
    entry.kind,
    entry.leafFormat,
    entry.treeProfile,
    `${entry.leafCount} leaves`,
    entry.root,
    scope,
    entry.signature ?? 'no signature',
  ].join(', ');
}
