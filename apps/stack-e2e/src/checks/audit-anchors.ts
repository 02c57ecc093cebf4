import type { Database } from '../stack/database.js';
import type { Check } from './finding.js';

/** A final anchor as the writer has it and as its reader was told. */
interface AnchorRow {
  readonly id: string;
  readonly network: string;
  readonly commitment: string;
}

/** What both sides have stored of anchors. */
export interface AnchorFacts {
  /** Final ones of the anchor-worker. */
  readonly final: readonly AnchorRow[];
  /** Those that the proof-service was told of. */
  readonly told: readonly AnchorRow[];
}

/** Reads both sides from the database. */
export async function readAnchorFacts(database: Database): Promise<AnchorFacts> {
  const columns = `anchor_id AS id, network, encode(commitment, 'hex') AS commitment`;
  return {
    final: await database.rows<AnchorRow>(
      `SELECT ${columns} FROM anchors.chain_anchor WHERE state = 'final'`,
    ),
    told: await database.rows<AnchorRow>(`SELECT ${columns} FROM proofs.anchor`),
  };
}

/** No checkpoint is anchored twice on a network, every network has anchors, and what is told to be anchored is. */
export function auditAnchors({ final, told }: AnchorFacts, networks: readonly string[]): Check[] {
  const nameOf = ({ network, commitment }: AnchorRow): string => `${network} ${commitment}`;
  const wordsOf = (row: AnchorRow): string => `${row.id} ${nameOf(row)}`;
  const counts = networks.map(
    (network) => [network, final.filter((row) => row.network === network).length] as const,
  );
  const finals = new Set(final.map(wordsOf));
  const tolds = new Set(told.map(wordsOf));
  const untrue = [...tolds].filter((words) => !finals.has(words));
  const untold = [...finals].filter((words) => !tolds.has(words));
  return [
    {
      name: 'no checkpoint is anchored twice on a network',
      holds: new Set(final.map(nameOf)).size === final.length && counts.every(([, count]) => count > 0),
      detail: counts.map(([network, count]) => `${count} on ${network}`).join(', '),
    },
    {
      name: 'what is told to be anchored is anchored, and the other way round',
      holds: untrue.length === 0 && untold.length === 0,
      detail:
        [...untrue.map((words) => `untrue: ${words}`), ...untold.map((words) => `not told: ${words}`)].join(
          ', ',
        ) || `${told.length} anchors`,
    },
  ];
}
