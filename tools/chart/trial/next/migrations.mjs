// The migrations of a version after this one, on the table that the gateway writes with every answer.

/** Adds a column that only the next version knows, and one that is needed while both versions run. */
class TrialExpand4070908800000 {
  name = 'TrialExpand4070908800000';

  async up(runner) {
    await runner.query(
      `ALTER TABLE verifications ADD COLUMN trial_region text NOT NULL DEFAULT 'none', ADD COLUMN trial_interim text`,
    );
  }

  async down(runner) {
    await runner.query('ALTER TABLE verifications DROP COLUMN trial_region, DROP COLUMN trial_interim');
  }
}

/** Takes away what was needed while both ran. */
class TrialContract4070908800001 {
  name = 'TrialContract4070908800001';
  phase = 'contract';

  async up(runner) {
    await runner.query('ALTER TABLE verifications DROP COLUMN trial_interim');
  }

  async down(runner) {
    await runner.query('ALTER TABLE verifications ADD COLUMN trial_interim text');
  }
}

export const nextMigrations = [TrialExpand4070908800000, TrialContract4070908800001];
