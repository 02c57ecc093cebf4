import { describe, expect, it } from '@jest/globals';
import { appendToProof, checkExtends, checkProof, requireListed } from './append-only.js';
import { type ProofEntry, proofText, readProof } from './documents.js';
import { PROOF_ENTRIES_MAX, PROOF_FILE_BYTES_MAX } from './limits.js';

const root = (byte: number): string => byte.toString(16).padStart(64, '0');
const batch = (second: number): Omit<ProofEntry, 'prev_root'> => ({
  batch_ts: `2026-06-01T12:00:${String(second).padStart(2, '0')}Z`,
  merkle_root: root(second),
  leaf_count: 1,
});
const proof = [1, 2, 3].reduce<readonly ProofEntry[]>(
  (list, second) => appendToProof(list, batch(second)),
  [],
);
const [one, two, three] = proof as [ProofEntry, ProofEntry, ProofEntry];
const reason = (name: string): unknown => expect.objectContaining({ reason: name });

describe('the append-only proof (R-BATCH-5)', () => {
  it('names the root before each batch and survives its file', () => {
    expect(proof.map(({ prev_root }) => prev_root)).toEqual([null, root(1), root(2)]);
    expect(readProof(proofText(proof))).toEqual(proof);
    checkProof(proof);
    checkProof([]);
  });

  it.each<[string, readonly ProofEntry[], string]>([
    ['a time twice', [one, { ...two, batch_ts: one.batch_ts }], 'proof-order'],
    ['a time that goes back', [one, { ...two, batch_ts: '2026-06-01T11:59:59Z' }], 'proof-order'],
    ['a first entry with a root before it', [two, three], 'proof-chain'],
    ['an entry that was taken out', [one, three], 'proof-chain'],
    ['a root that was changed', [{ ...one, merkle_root: root(9) }, two], 'proof-chain'],
    ['a time that is none', [{ ...one, batch_ts: '2026-06-01T12:00Z' }], 'batch-time'],
    ['a day that does not exist', [{ ...one, batch_ts: '2026-02-30T12:00:00Z' }], 'batch-time'],
  ])('refuses %s', (_name, entries, name) => {
    expect(() => checkProof(entries)).toThrow(reason(name));
  });

  it('never regresses: no batch joins that is not later than all others', () => {
    expect(() => appendToProof(proof, batch(3))).toThrow(reason('proof-order'));
    expect(() => appendToProof(proof, batch(2))).toThrow(reason('proof-order'));
    // Of either format: half a second later is later.
    const later = { ...batch(3), batch_ts: '2026-06-01T12:00:03.500Z' };
    expect(appendToProof(proof, later)).toHaveLength(4);
  });

  it('is compared with an earlier copy', () => {
    checkExtends([], proof);
    checkExtends([one, two], proof);
    checkExtends(proof, proof);
    expect(() => checkExtends(proof, [one, two])).toThrow(reason('proof-regressed'));
    for (const change of [
      { batch_ts: '2026-06-01T12:00:02.500Z' },
      { merkle_root: root(8) },
      { leaf_count: 2 },
      { prev_root: root(7) },
    ])
      expect(() => checkExtends(proof, [one, { ...two, ...change }, three])).toThrow(
        reason('proof-regressed'),
      );
  });

  it('lists a batch as it is', () => {
    expect(requireListed(proof, batch(2))).toBe(1);
    for (const other of [batch(4), { ...batch(2), leaf_count: 2 }, { ...batch(2), merkle_root: root(5) }])
      expect(() => requireListed(proof, other)).toThrow(reason('not-in-proof'));
  });

  it('has at most PROOF_ENTRIES_MAX batches', () => {
    const start = Date.parse('2026-06-01T12:00:00Z');
    const full = Array.from({ length: PROOF_ENTRIES_MAX }, (_, index) => ({
      batch_ts: `${new Date(start + index * 1000).toISOString().slice(0, 19)}Z`,
      merkle_root: root(1),
      leaf_count: 1,
      prev_root: index === 0 ? null : root(1),
    }));
    const last = { ...batch(1), batch_ts: '2027-06-01T12:00:00Z' };
    expect(
      appendToProof(
        full.slice(1).map((entry, index) => (index === 0 ? { ...entry, prev_root: null } : entry)),
        last,
      ),
    ).toHaveLength(PROOF_ENTRIES_MAX);
    expect(() => appendToProof(full, last)).toThrow(reason('too-large'));
    expect(readProof(proofText(full))).toHaveLength(PROOF_ENTRIES_MAX);
    expect(() => readProof(proofText([...full, one]))).toThrow(reason('document-shape'));
    expect(() => readProof(`[${' '.repeat(PROOF_FILE_BYTES_MAX)}]`)).toThrow(reason('too-large'));
    expect(readProof(`[${' '.repeat(PROOF_FILE_BYTES_MAX - 2)}]`)).toEqual([]);
  });
});
