import { bytesToHex } from '@touchstone/crypto';
import { withDatabase, type Outbox } from '@touchstone/postgres';
import type { DataSource } from 'typeorm';
import type { AnchorableCheckpoint } from '../domain/anchor/anchorable.js';
import type { TokenAnchor, TokenStore } from '../domain/anchor/rfc3161/ports.js';
import type { AnchorHistory } from '../domain/anchor/spacing.js';
import { announceFinal, anchorableOn, historyOf } from './network-anchors.js';
import { ANCHOR_SCHEMA as schema } from './schema.js';

/** Tokens of one authority in PostgreSQL; each is final from its first moment. */
export class PostgresTokenStore implements TokenStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly outbox: Outbox,
    private readonly network: string,
  ) {}

  anchorable(): Promise<AnchorableCheckpoint | undefined> {
    return anchorableOn(this.dataSource, this.network);
  }

  history(): Promise<AnchorHistory> {
    return historyOf(this.dataSource, this.network);
  }

  record(anchor: TokenAnchor): Promise<boolean> {
    const at = new Date(anchor.createdAtMs).toISOString();
    return withDatabase(() =>
      this.dataSource.transaction(async (manager) => {
        const rows = (await manager.query(
          `INSERT INTO ${schema}.chain_anchor
             (anchor_id, kind, network, checkpoint_size, commitment, state, transaction, proof, created_at, final_at)
           VALUES ($1, 'rfc3161', $2, $3, $4, 'final', $5, $6, $7, $7) ON CONFLICT DO NOTHING RETURNING 1`,
          [
            anchor.anchorId,
            this.network,
            anchor.checkpointSize.toString(),
            Buffer.from(anchor.commitment),
            anchor.tokenHash,
            JSON.stringify(anchor.proof),
            at,
          ],
        )) as unknown[];
        if (rows.length === 0) return false;
        const told = {
          anchorId: anchor.anchorId,
          kind: 'rfc3161' as const,
          network: this.network,
          checkpointSize: anchor.checkpointSize.toString(),
          commitment: bytesToHex(anchor.commitment),
          level: 'finalized' as const,
          transaction: anchor.tokenHash,
          blockNumber: null,
          proof: anchor.proof,
          finalAt: at,
        };
        await announceFinal(manager, this.outbox, told, (anchor.timeMs / 1_000).toString());
        return true;
      }),
    );
  }
}
