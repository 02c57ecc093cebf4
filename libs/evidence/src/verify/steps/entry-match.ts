import { ARITHMETIC, fail, pass } from '../outcome.js';
import type { StepDefinition } from '../step-definition.js';
import type { ExpectedEntry } from '../subjects/kind.js';

export const entryMatch = {
  name: 'entry-match',
  meaning: 'The log entry describes this batch and nothing else.',
  class: 'core',
  label: 'L2',
  /** Everything that a proof says about its batch must stand in the log entry, and is believed only from there. */
  run: ({ entry, subject }) => {
    if (!entry.ok)
      return fail({ restsOn: ARITHMETIC, detail: `the log entry cannot be read: ${entry.detail}` });
    const wanted = subject.expectedEntry(entry.entry);
    if ('refusal' in wanted) return fail({ restsOn: ARITHMETIC, detail: wanted.refusal });
    const expected = entryFacts(wanted);
    const { batchId, ...others } = entry.entry;
    const found = entryFacts(wanted.batchId === undefined ? others : { ...others, batchId });
    const shown = { expected: textOf(expected), actual: textOf(found), restsOn: ARITHMETIC };
    const other = expected.find(([, text], place) => text !== found[place]?.[1]);
    return other
      ? fail({ ...shown, detail: `${other[0]}: the log entry describes another batch` })
      : pass(shown);
  },
} as const satisfies StepDefinition;

type Fact = readonly [reason: string, text: string];

/** What is compared, in this order, with the reason for one that differs. */
function entryFacts(entry: ExpectedEntry): Fact[] {
  const { kind, leafFormat, treeProfile, leafCount, root, scope, batchId, signature } = entry;
  return [
    ['entry-kind', kind],
    ['entry-leaf-format', leafFormat],
    ['entry-tree-profile', treeProfile],
    ['entry-leaf-count', `${leafCount} leaves`],
    ['entry-root', root],
    ['entry-scope', 'tenant' in scope ? `tenant ${scope.tenant}` : `model ${scope.modelVersionId}`],
    ...(batchId === undefined ? [] : [['entry-batch', `batch ${batchId}`] as const]),
    ['entry-signature', signature ?? 'no signature'],
  ];
}

const textOf = (facts: readonly Fact[]): string => facts.map(([, text]) => text).join(', ');
