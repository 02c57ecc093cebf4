import { bytesToHex, hexToBytes } from '@touchstone/crypto';
import { parseBatchEntry } from '@touchstone/evidence';
import { leafHash, merkleRoot, merkleRootOfData } from '@touchstone/merkle';
import type { Answer, Inference } from '../record.js';
import type { Database } from '../stack/database.js';
import { onceOnly, type Check, type Finding } from './finding.js';

interface LeafRow {
  readonly verification: string;
  readonly leaf: string;
  readonly batch: string | null;
}
interface EntryRow {
  readonly entry: string;
}

/** What the writer of the log and its reader have stored. */
export interface LogFacts {
  readonly leaves: readonly LeafRow[];
  /** All entries in their order. */
  readonly entries: readonly string[];
  /** The reader's copy of the entries. */
  readonly copied: readonly string[];
  /** Leaves of the reader's batches, hex. */
  readonly copiedLeaves: readonly string[];
}

/** Reads both sides of the log from the database. */
export async function readLogFacts(database: Database): Promise<LogFacts> {
  const entriesOf = async (schema: string): Promise<string[]> =>
    (await database.rows<EntryRow>(`SELECT entry FROM ${schema}.log_entry ORDER BY log_index`)).map(
      ({ entry }) => entry,
    );
  const copied = await database.rows<{ leaf: string }>(
    `SELECT encode(leaf, 'hex') AS leaf FROM proofs.batch_leaf`,
  );
  return {
    leaves: await database.rows<LeafRow>(
      `SELECT verification_id AS verification, encode(leaf_hash, 'hex') AS leaf, batch_id AS batch
       FROM anchors.leaf ORDER BY batch_id, leaf_index`,
    ),
    entries: await entriesOf('anchors'),
    copied: await entriesOf('proofs'),
    copiedLeaves: copied.map(({ leaf }) => leaf),
  };
}

/** Each acknowledged inference is one leaf, in one batch, which is one entry of the log. */
export function auditLeaves(
  { leaves, entries, copiedLeaves }: LogFacts,
  acknowledged: readonly (Inference & { readonly answer: Answer })[],
): Finding[] {
  const entriesOfBatch = new Map<string, number>();
  for (const text of entries) {
    const parsed = parseBatchEntry(text);
    if (!parsed.ok) continue;
    const { batchId } = parsed.entry;
    entriesOfBatch.set(batchId, (entriesOfBatch.get(batchId) ?? 0) + 1);
  }
  return acknowledged.flatMap((inference) => {
    const own = leaves.filter(({ verification }) => verification === inference.answer.verificationId);
    return [
      ...onceOnly(inference, own.length, 'leaf of the log'),
      ...own.flatMap(({ leaf, batch }) => [
        ...onceOnly(inference, batch === null ? 0 : 1, 'batch of the leaf'),
        ...onceOnly(inference, entriesOfBatch.get(batch ?? '') ?? 0, 'entry of the batch'),
        ...onceOnly(
          inference,
          copiedLeaves.filter((copy) => copy === leaf).length,
          'leaf in the copy of the log',
        ),
      ]),
    ];
  });
}

/** The log gives the signed root, its copy is the same, and every batch's leaves give the root in its entry. */
export function auditLog(
  { leaves, entries, copied }: LogFacts,
  signed: { readonly size: bigint; readonly root: Uint8Array } | undefined,
): Check[] {
  const encoder = new TextEncoder();
  const size = Number(signed?.size ?? 0n);
  const root = bytesToHex(merkleRootOfData(entries.slice(0, size).map((entry) => encoder.encode(entry))));
  const wrongBatches = entries.filter((text) => {
    const parsed = parseBatchEntry(text);
    if (!parsed.ok) return false;
    const own = leaves.filter(({ batch }) => batch === parsed.entry.batchId);
    const hashes = own.map(({ leaf }) => leafHash(hexToBytes(leaf, 32) ?? new Uint8Array()));
    return bytesToHex(merkleRoot(hashes)) !== parsed.entry.root || own.length !== parsed.entry.leafCount;
  });
  const isCopied =
    entries.length === copied.length && entries.every((entry, place) => entry === copied[place]);
  return [
    {
      name: 'the log has the signed root',
      holds: signed !== undefined && size <= entries.length && root === bytesToHex(signed.root),
      detail: `size ${size} of ${entries.length} entries, recomputed root ${root.slice(0, 16)}…`,
    },
    {
      name: 'every batch has the root that its entry states',
      holds: wrongBatches.length === 0,
      detail: wrongBatches.length === 0 ? 'recomputed from the leaves' : wrongBatches.join(' '),
    },
    {
      name: 'the copy of the log is the log',
      holds: isCopied,
      detail: `${copied.length} of ${entries.length} entries`,
    },
    {
      name: 'no entry and no leaf stands twice',
      holds:
        new Set(entries).size === entries.length &&
        new Set(leaves.map(({ leaf }) => leaf)).size === leaves.length &&
        new Set(leaves.map(({ verification }) => verification)).size === leaves.length,
      detail: `${entries.length} entries, ${leaves.length} leaves`,
    },
  ];
}
