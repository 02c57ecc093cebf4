import { CompactRange, leafHashOfText, rangeNodes, type LogNode, type NodeId } from '@touchstone/merkle';

/** Size and frontier of the log: enough to append to it and to compute its root. */
export interface LogHead {
  readonly size: bigint;
  /** Hashes of `rangeNodes(0n, size)`, in that order. */
  readonly frontier: readonly Uint8Array[];
}

/** A head after an append, with what has to be stored beside it. */
export interface ExtendedLog {
  readonly head: LogHead;
  /** Hash of each new entry, in order; the first has the index that was the size before. */
  readonly leafHashes: readonly Uint8Array[];
  /** Every subtree that is complete now and was not before. */
  readonly nodes: readonly LogNode[];
}

/** The log before its first entry. */
export const emptyLog: LogHead = { size: 0n, frontier: [] };

/** Appends entries, given as their exact bytes in UTF-8. */
export function extendLog(head: LogHead, entries: readonly string[]): ExtendedLog {
  const range = CompactRange.restore(head.size, head.frontier);
  const known = new Map<string, Uint8Array>();
  rangeNodes(0n, head.size).forEach((id, place) =>
    known.set(nodeKey(id), head.frontier[place] as Uint8Array),
  );
  const leafHashes = entries.map(leafHashOfText);
  const nodes = leafHashes.flatMap((hash) => range.append(hash));
  for (const node of nodes) known.set(nodeKey(node), node.hash);
  const frontier = rangeNodes(0n, range.size).map((id) => known.get(nodeKey(id)) as Uint8Array);
  return { head: { size: range.size, frontier }, leafHashes, nodes };
}

/** Root of the log, 32 bytes. */
export function logRoot(head: LogHead): Uint8Array {
  return CompactRange.restore(head.size, head.frontier).root();
}

function nodeKey({ level, index }: NodeId): string {
  return `${level}/${index}`;
}
