import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Gives every anchor the size of its checkpoint, so that the first one of each network that covers a batch is one index read. What a
 * replica of the version before matches meanwhile has none, and is matched again.
 */
export class AnchorSizes1785900000000 implements MigrationInterface {
  readonly name = 'AnchorSizes1785900000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [
      'ALTER TABLE proofs.anchor ADD COLUMN checkpoint_size bigint',
      `UPDATE proofs.anchor SET checkpoint_size = checkpoint.size FROM proofs.checkpoint
       WHERE matched AND checkpoint.commitment = anchor.commitment AND checkpoint.state = 'verified'`,
      `CREATE INDEX anchor_of_network ON proofs.anchor (network, checkpoint_size, final_at, anchor_id)
       WHERE checkpoint_size IS NOT NULL`,
      'CREATE INDEX anchor_without_size ON proofs.anchor (commitment) WHERE checkpoint_size IS NULL',
      'DROP INDEX proofs.anchor_unmatched',
    ])
      await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE INDEX anchor_unmatched ON proofs.anchor (commitment) WHERE NOT matched');
    await runner.query('ALTER TABLE proofs.anchor DROP COLUMN checkpoint_size');
  }
}
