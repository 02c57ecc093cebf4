import { bytesToHex } from '@touchstone/crypto';
import type { TokenAnchor, TokenStore } from '../domain/anchor/rfc3161/ports.js';
import type { RefusedAnchor } from '../domain/anchor/target-store.js';
import { announceFinal } from './network-anchors.js';
import { PostgresTargetStore } from './postgres-target-store.js';
import { ANCHOR_SCHEMA as schema } from './schema.js';

/** Tokens of one authority in PostgreSQL; each is final from its first moment. */
export class PostgresTokenStore extends PostgresTargetStore implements TokenStore {
  protected override readonly kind = 'rfc3161';

  record(anchor: TokenAnchor): Promise<boolean> {
    const at = new Date(anchor.createdAtMs).toISOString();
    return this.transaction(async (manager) => {
      const rows = (await manager.query(
        `INSERT INTO ${schema}.chain_anchor
             (anchor_id, kind, network, checkpoint_size, commitment, state, transaction, proof, created_at, final_at,
              cost, cost_at)
           VALUES ($1, 'rfc3161', $2, $3, $4, 'final', $5, $6, $7, $7, $8, clock_timestamp()) ON CONFLICT DO NOTHING RETURNING 1`,
        [
          anchor.anchorId,
          this.network,
          anchor.checkpointSize.toString(),
          Buffer.from(anchor.commitment),
          anchor.tokenHash,
          JSON.stringify(anchor.proof),
          at,
          anchor.cost.toString(),
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
    });
  }

  async refuse({
    anchorId,
    checkpointSize,
    commitment,
    reason,
    cost,
    createdAtMs,
  }: RefusedAnchor): Promise<void> {
    await this.fail({ checkpointSize, reason }, async (manager) => {
      await manager.query(
        `INSERT INTO ${schema}.chain_anchor
           (anchor_id, kind, network, checkpoint_size, commitment, state, failure, created_at, cost, cost_at)
         VALUES ($1, 'rfc3161', $2, $3, $4, 'failed', $5, $6, $7, clock_timestamp())`,
        [
          ...[anchorId, this.network, checkpointSize.toString(), Buffer.from(commitment), reason],
          ...[new Date(createdAtMs).toISOString(), cost.toString()],
        ],
      );
      return true;
    });
  }
}
