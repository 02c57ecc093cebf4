import { formatRules } from '@touchstone/event-batch';
import { bytesToHex } from '@touchstone/crypto';
import type { BatchEntry, EventBundle, InclusionProof } from '../../src/index.js';
import { BATCH_ID, batchProofOf, eventFixture, eventOf, pathOf, TENANT } from '../event-fixture.js';
import type { EventCases } from './event-cases.js';
import { flipLast, type GoldenCase } from './golden-case.js';

const FIVE = ['a', 'b', 'c', 'd', 'e'].map(eventOf);

/** What a bundle says of the place of its event, changed; the entry says the same number of leaves. */
export function treeCases({ make, format }: EventCases): Promise<GoldenCase>[] {
  const at = (leafIndex: number): InclusionProof => pathOf(format, FIVE, leafIndex);
  const placed = (
    name: string,
    leafIndex: number,
    inclusion: Partial<InclusionProof>,
    entry: Partial<BatchEntry> = {},
  ) => make(name, { leafIndex, inclusion, entry });
  const own = bytesToHex(formatRules[format].leaf('{"id":"a","salt":"k7Qm1x9bTz3RwV5yLp0sNA","total":19.5}'));
  const withSibling = (leafIndex: number, hash: string) =>
    at(leafIndex).path.map((step, level) => (level === 0 ? { ...step, hash } : step));
  const last = at(4);
  return [
    placed('a side changed', 0, { path: at(0).path.map((step) => ({ ...step, pos: 'L' })) }),
    placed('a step left out', 0, { path: at(0).path.slice(1) }),
    placed('an index beyond the batch', 4, { leafIndex: 5 }),
    placed('another root', 0, { rootHex: flipLast(at(0).rootHex) }),
    placed('a sibling changed', 0, { path: withSibling(0, flipLast(own)) }),
    placed('the own hash as a sibling (CVE-2012-2459)', 0, { path: withSibling(0, own) }),
    placed(
      'the last event claimed as a sixth (CVE-2012-2459)',
      4,
      {
        leafIndex: 5,
        treeSize: 6,
        path: last.path.map((step, level) => (level === 0 ? { ...step, pos: 'L' } : step)),
      },
      { leafCount: 6 },
    ),
    placed('another sibling beside the last event', 4, { path: withSibling(4, flipLast(own)) }),
    placed(
      'a node of the tree in place of its event',
      0,
      { treeSize: 3, path: at(0).path.slice(1) },
      { leafCount: 3 },
    ),
    placed('a number of leaves that the path allows and the log does not tell', 0, { treeSize: 6 }),
    placed(
      'a number of leaves that the log tells and the batch has not',
      0,
      { treeSize: 6 },
      { leafCount: 6 },
    ),
    placed('a number of leaves of another path', 0, { treeSize: 9 }, { leafCount: 9 }),
  ];
}

/** Log entries that are those of another batch in one member, at their place in the log. */
export function entryCases({ make, format }: EventCases): Promise<GoldenCase>[] {
  const { treeProfile } = formatRules[format];
  const changes: [string, Partial<BatchEntry>][] = [
    ['of a batch of outputs', { kind: 'output' }],
    ['of the other leaf format', { leafFormat: format === 'event-batch-v1' ? 'event-v2' : 'event-v1' }],
    [
      'of the other tree profile',
      { treeProfile: treeProfile === 'event-batch-v1' ? 'rfc9162-sha256' : 'event-batch-v1' },
    ],
    ['of another number of leaves', { leafCount: 6 }],
    ['of another root', { root: '00'.repeat(32) }],
    ['of a model', { scope: { modelVersionId: 'ab'.repeat(32) } }],
    ['of another tenant', { scope: { tenant: TENANT.replace(/a$/, 'b') } }],
    ['of another signature', { signature: '00'.repeat(32) }],
    ['without a signature', { signature: null }],
  ];
  return [
    ...changes.map(([name, entry]) => make(`an entry ${name}`, { entry })),
    make('an entry with white space', {}, (bundle) => ({
      ...bundle,
      entry: bundle.entry.replace(',', ', '),
    })),
    make('an entry that the log does not hold', {}, (bundle) => ({
      ...bundle,
      entry: bundle.entry.replace('node-1', 'node-2'),
    })),
  ];
}

/** Signed notes that are not the one of the batch. */
export function noteCases({ make }: EventCases): Promise<GoldenCase>[] {
  const format = 'event-batch-v2';
  const withNote = (name: string, change: (note: string) => string) =>
    make(name, {}, (bundle) => {
      const { batch } = bundle;
      return { ...bundle, batch: 'note' in batch ? { ...batch, note: change(batch.note) } : batch };
    });
  const stranger = `— stranger.example ${Buffer.alloc(72, 1).toString('base64')}\n`;
  /** The valid batch of another note: other events, or another batch of the same ones. */
  const ofOther = async (name: string, options: object): Promise<GoldenCase> => {
    const { document } = await eventFixture({ format, ...options });
    return make(name, {}, (bundle): EventBundle => ({ ...bundle, batch: batchProofOf(document) }));
  };
  return [
    withNote('a note that is a checkpoint', () => 'log.example\n1\nAAAA\n\n— log.example AAAAAAAA\n'),
    withNote('a note without a signature', (note) => note.slice(0, note.indexOf('\n\n') + 2)),
    withNote('a note with a line that is none of its', (note) =>
      note.replace('\nprevious ', '\nsurplus -\nprevious '),
    ),
    withNote('a note of another tenant', (note) => note.replace(TENANT, TENANT.replace(/a$/, 'b'))),
    withNote('a note of no tenant', (note) => note.replace(TENANT, '-')),
    withNote('a note of another batch id', (note) => note.replace(BATCH_ID, BATCH_ID.replace(/1$/, '2'))),
    withNote('a re-dated note', (note) => note.replace('\ntime 2026', '\ntime 2025')),
    withNote('a note with a line of a stranger', (note) => note + stranger),
    withNote('the lines of a stranger alone', (note) => note.slice(0, note.indexOf('\n\n') + 2) + stranger),
    make('an entry of a note with a line of a stranger', { cosign: stranger }),
    ofOther('the note of a batch of other events', { events: FIVE.slice(0, 4), leafIndex: 3 }),
    ofOther('the note of another batch of the same events', { batchId: BATCH_ID.replace(/1$/, '2') }),
    ofOther('the note of another tenant’s batch of the same events', { tenant: TENANT.replace(/a$/, 'b') }),
  ];
}
