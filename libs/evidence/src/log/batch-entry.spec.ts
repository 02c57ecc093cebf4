import { describe, expect, it } from '@jest/globals';
import { fixture } from '../../test/fixture.js';
import { batchEntryText, parseBatchEntry } from './batch-entry.js';
import { anchoredCommitment, readCheckpoint } from './checkpoint.js';

describe('parseBatchEntry', () => {
  it('reads what batchEntryText wrote', async () => {
    const { bundle } = await fixture();
    const parsed = parseBatchEntry(bundle.entry);
    expect(parsed.ok && batchEntryText(parsed.entry)).toBe(bundle.entry);
  });

  it('refuses another spelling, an unknown and a missing member', async () => {
    const { bundle } = await fixture();
    expect(parseBatchEntry(` ${bundle.entry}`).ok).toBe(false);
    expect(parseBatchEntry(bundle.entry.replace('{', '{"a":1,')).ok).toBe(false);
    expect(parseBatchEntry(bundle.entry.replace('"signature":null,', '')).ok).toBe(false);
    expect(parseBatchEntry('{').ok).toBe(false);
  });
});

describe('anchoredCommitment', () => {
  it('needs exactly one line under the log’s name', async () => {
    const { bundle } = await fixture();
    const [proof] = bundle.logProofs;
    const note = proof?.checkpoint ?? '';
    expect(anchoredCommitment(note)).toHaveLength(32);
    expect(anchoredCommitment('no note')).toBeUndefined();
    expect(anchoredCommitment(note.replace('— log.example', '— other.example'))).toBeUndefined();
    expect(
      readCheckpoint(note.replace('log.example/touchstone\n', 'log.example/touchstone\nx')),
    ).toBeUndefined();
  });
});
